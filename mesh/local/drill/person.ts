import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';

/** A person with the app in hand: every call goes over the edge as the app's would. */
export interface Person {
  readonly userId: string;
  readonly phone: string;
  /** JWT, the latest one. */
  readonly accessToken: string;
  call<Desc extends DescService>(service: Desc): Client<Desc>;
  /** Takes new tokens, as the app does when the edge says that the role has changed. */
  refresh(): Promise<void>;
}

interface SignedIn {
  readonly user?: { readonly id: string; readonly phone: string } | undefined;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** @param address of the person's network, when it is to be another than this machine's; the launcher's edge trusts this machine to say so */
export async function signIn(edgeUrl: string, email: string, password: string, address?: string): Promise<Person> {
  const transport = transportTo(edgeUrl, { address });
  return person(edgeUrl, await createClient(AuthService, transport).login({ email, password }), address);
}

export interface NewPerson {
  readonly email: string;
  readonly phone: string;
  readonly password: string;
  readonly fullName: string;
}

export async function register(edgeUrl: string, details: NewPerson, address?: string): Promise<Person> {
  const transport = transportTo(edgeUrl, { address });
  return person(edgeUrl, await createClient(AuthService, transport).register(details), address);
}

function person(edgeUrl: string, signedIn: SignedIn, address: string | undefined): Person {
  let { accessToken, refreshToken } = signedIn;
  const transport = transportTo(edgeUrl, { address, token: () => accessToken });
  return {
    userId: signedIn.user?.id ?? '',
    phone: signedIn.user?.phone ?? '',
    get accessToken() {
      return accessToken;
    },
    call: (service) => createClient(service, transport),
    async refresh() {
      const renewed = await createClient(AuthService, transportTo(edgeUrl, { address })).refresh({ refreshToken });
      ({ accessToken, refreshToken } = renewed);
    },
  };
}

interface Device {
  readonly token?: () => string;
  readonly address: string | undefined;
}

const transportTo = (baseUrl: string, { token, address }: Device): Transport =>
  createConnectTransport({
    baseUrl,
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set('authorization', `Bearer ${token()}`);
        if (address) request.header.set('x-forwarded-for', address);
        return next(request);
      },
    ],
  });
