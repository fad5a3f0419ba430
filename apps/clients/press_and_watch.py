#!/usr/bin/env python3
"""Presses the panic button and watches the emergency, from Python.

Needs Debian's python3-grpcio and python3-protobuf, a mesh that `npm start` runs, and the contracts as a descriptor set
(`node_modules/.bin/buf build -o .kreki/contracts.binpb`). No generated code: the messages are made from the descriptors.
"""

import json
import sys
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

EDGE = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8081"


def load_messages(path):
    """Returns a function from a full message name to its class."""
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return lambda name: factory.GetPrototype(pool.FindMessageTypeByName(name))


message = load_messages(".kreki/contracts.binpb")
channel = grpc.insecure_channel(EDGE)


def unary(service, rpc):
    """An RPC of one request and one response."""
    package = service.rsplit(".", 1)[0]
    return channel.unary_unary(
        f"/{service}/{rpc}",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=message(f"{package}.{rpc}Response").FromString,
    )


EMERGENCY = "kreki.emergency.v1"
accounts = json.load(open(".kreki/accounts.json"))
citizen = next(account for account in accounts if account["role"] == "public")

login = unary("kreki.auth.v1.AuthService", "Login")
signed_in = login(
    message("kreki.auth.v1.LoginRequest")(email=citizen["email"], password=citizen["password"]), timeout=5
)
authorized = (("authorization", f"Bearer {signed_in.access_token}"),)

request = message(f"{EMERGENCY}.TriggerPanicRequest")(request_id=str(uuid.uuid4()), severity="SEVERITY_URGENT")
request.location.latitude, request.location.longitude = -6.175392, 106.827153
pressed = unary(f"{EMERGENCY}.EmergencyService", "TriggerPanic")(request, timeout=5, metadata=authorized)
print("pressed", pressed.emergency.id)

watch = channel.unary_stream(
    f"/{EMERGENCY}.EmergencyService/Watch",
    request_serializer=lambda request: request.SerializeToString(),
    response_deserializer=message(f"{EMERGENCY}.WatchResponse").FromString,
)
statuses = pressed.emergency.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number
states = watch(message(f"{EMERGENCY}.WatchRequest")(id=pressed.emergency.id), timeout=30, metadata=authorized)
for state in states:
    emergency = state.emergency
    print(f"version {emergency.version}: {statuses[emergency.status].name}, {emergency.open_offers} offers open")
    if emergency.open_offers > 0:
        cancel = message(f"{EMERGENCY}.CancelRequest")(id=emergency.id, reason="CANCEL_REASON_FALSE_ALARM")
        unary(f"{EMERGENCY}.EmergencyService", "Cancel")(cancel, timeout=5, metadata=authorized)
