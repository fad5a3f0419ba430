import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { UpdateMeRequestSchema } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { BatchGetContactsRequestSchema } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import {
  GetResponseStatisticsRequestSchema,
  TriggerPanicRequestSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import {
  FindNearbyRequestSchema,
  UpdateLocationRequestSchema,
} from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { validate } from '../rpc/interceptors/validation.ts';

const location = { latitude: -6.2, longitude: 106.8 };

function refusalOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof ConnectError && error.code === Code.InvalidArgument, String(error));
    assert.equal(error.details.length, 1);
    return error.rawMessage;
  }
  return 'valid';
}

test('text with the character U+0000 is refused wherever it stands, by the name of its field', () => {
  const press = create(TriggerPanicRequestSchema, { location, description: 'a\0b' });
  assert.match(
    refusalOf(() => validate(TriggerPanicRequestSchema, press)),
    /^description: .*U\+0000/,
  );
  const mask = create(UpdateMeRequestSchema, { updateMask: { paths: ['phone', '\0'] } });
  assert.match(
    refusalOf(() => validate(UpdateMeRequestSchema, mask)),
    /^update_mask\.paths\[1\]: /,
  );
  const batch = create(BatchGetContactsRequestSchema, { userIds: ['\0'] });
  assert.match(
    refusalOf(() => validate(BatchGetContactsRequestSchema, batch)),
    /^user_ids\[0\]: .*U\+0000/,
  );
});

test('times and durations that are none are refused by the name of their field, before rules reckon with them', () => {
  for (const time of [{ seconds: 253_402_300_800n }, { seconds: -62_135_596_801n }, { seconds: 0n, nanos: -1 }]) {
    const period = create(GetResponseStatisticsRequestSchema, { endTime: time });
    assert.match(
      refusalOf(() => validate(GetResponseStatisticsRequestSchema, period)),
      /^end_time: .*year/,
    );
    const position = create(UpdateLocationRequestSchema, { location, measureTime: time });
    assert.match(
      refusalOf(() => validate(UpdateLocationRequestSchema, position)),
      /^measure_time: /,
    );
  }
  const maxPositionAge = { seconds: 315_576_000_001n };
  const search = create(FindNearbyRequestSchema, { location, radiusMeters: 1, maxPositionAge });
  assert.match(
    refusalOf(() => validate(FindNearbyRequestSchema, search)),
    /^max_position_age: /,
  );
});

test('what keeps to the rules is valid', () => {
  const press = create(TriggerPanicRequestSchema, { location, description: 'Jatuh di tangga \u{1F198}' });
  assert.equal(
    refusalOf(() => validate(TriggerPanicRequestSchema, press)),
    'valid',
  );
  const period = create(GetResponseStatisticsRequestSchema, {
    startTime: { seconds: -62_135_596_800n, nanos: 999_999_999 },
  });
  assert.equal(
    refusalOf(() => validate(GetResponseStatisticsRequestSchema, period)),
    'valid',
  );
});

test('of a list of things that are all wrong the first are told, and how many more there are', () => {
  const batch = create(BatchGetContactsRequestSchema, { userIds: Array(90).fill('x') });
  const told = refusalOf(() => validate(BatchGetContactsRequestSchema, batch));
  assert.match(told, /^user_ids\[0\]: .*user_ids\[19\]: .*; and 70 more$/);
});
