import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, type DescMessage, fromJson, type JsonObject } from '@bufbuild/protobuf';
import {
  FindNearbyVolunteersRequestSchema,
  GetResponseStatisticsRequestSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { MarkReadRequestSchema } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import fc from 'fast-check';
import type { EdgeMethod } from '../registry.ts';
import { createBinder } from '../rest/bind.ts';
import { type Match, Router } from '../rest/router.ts';
import type { Route } from '../rest/routes.ts';
import { parseTemplate } from '../rest/template.ts';

const bound = <Desc extends DescMessage>(schema: Desc, query: URLSearchParams) => {
  const json: JsonObject = {};
  const binder = createBinder(schema);
  for (const name of new Set(query.keys())) binder.set(json, name, query.getAll(name));
  return fromJson(schema, json);
};
/** Zero has no sign in a text. */
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0);

describe('a query', () => {
  test('gives back every message that it was written from, in either spelling, in any order', () => {
    const requests = fc.record({
      latitude: number(-90, 90),
      longitude: number(-180, 180),
      accuracyMeters: number(0, 1e5),
      radiusMeters: number(0, 5e4),
      category: fc.integer({ min: 0, max: 7 }),
      limit: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(requests, fc.boolean(), fc.boolean(), (want, snake, reversed) => {
        const pairs: [string, string][] = [
          ['location.latitude', String(want.latitude)],
          ['location.longitude', String(want.longitude)],
          [snake ? 'location.accuracy_meters' : 'location.accuracyMeters', String(want.accuracyMeters)],
          [snake ? 'radius_meters' : 'radiusMeters', String(want.radiusMeters)],
          ['category', String(want.category)],
          ['limit', String(want.limit)],
        ];
        const { latitude, longitude, accuracyMeters, radiusMeters, category, limit } = want;
        const location = { latitude, longitude, accuracyMeters };
        assert.deepEqual(
          bound(FindNearbyVolunteersRequestSchema, new URLSearchParams(reversed ? pairs.reverse() : pairs)),
          create(FindNearbyVolunteersRequestSchema, { location, radiusMeters, category, limit }),
        );
      }),
    );
  });

  test('keeps the order of a repeated field, whatever its values hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 20 }), (ids) => {
        const query = new URLSearchParams(ids.map((id) => ['notificationIds', id]));
        const sent = new URLSearchParams(query.toString());
        assert.deepEqual(bound(MarkReadRequestSchema, sent).notificationIds, sent.getAll('notificationIds'));
      }),
    );
  });

  test('carries times to the nanosecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), fc.integer({ min: 0, max: 999_999_999 }), (s, nanos) => {
        const text = `${new Date(s * 1_000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
        const { startTime } = bound(GetResponseStatisticsRequestSchema, new URLSearchParams({ startTime: text }));
        assert.deepEqual([startTime?.seconds, startTime?.nanos], [BigInt(s), nanos]);
      }),
    );
  });

  test('never binds a name that the contract does not have, and never breaks on one', () => {
    const known = new Set(FindNearbyVolunteersRequestSchema.fields.flatMap(({ name, jsonName }) => [name, jsonName]));
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        fc.pre(!known.has(name));
        assert.throws(() => bound(FindNearbyVolunteersRequestSchema, new URLSearchParams([[name, value]])), {
          name: 'ConnectError',
        });
      }),
    );
  });
});

const route = (httpMethod: string, path: string) =>
  ({ httpMethod, path, template: parseTemplate(path), target: { name: path } as EdgeMethod }) as Route;
const router = new Router([
  route('GET', '/api/emergency/active'),
  route('GET', '/api/emergency/{id}'),
  route('PUT', '/api/emergency/{id}'),
  route('GET', '/api/emergency/{id}/watch'),
  route('PUT', '/api/roles/{role.name}'),
  route('GET', '/v1/{name=shelves/*/books/*}'),
  route('GET', '/files/{path=**}'),
  route('POST', '/files/{path=**}:copy'),
  route('POST', '/api/emergency/{id}:escalate'),
  route('GET', '/api/volunteers/{id}'),
  route('PATCH', '/api/volunteers/me'),
]);
const found = (httpMethod: string, path: string): Match | string => {
  const answer = router.find(httpMethod, path);
  if (answer.kind === 'match') return answer.match;
  return answer.kind === 'none' ? 'none' : answer.allowed.join(',');
};
const variables = (httpMethod: string, path: string) => {
  const match = found(httpMethod, path);
  return typeof match === 'string' ? match : Object.fromEntries(match.variables);
};

describe('a path', () => {
  test('that is given literally wins over one with variables', () => {
    assert.deepEqual(variables('GET', '/api/emergency/active'), {});
    assert.deepEqual(variables('GET', '/api/emergency/activ'), { id: 'activ' });
    assert.deepEqual(variables('GET', '/api/emergency/active/watch'), { id: 'active' });
  });

  test('that is literal for one method is variable for another', () => {
    assert.deepEqual(variables('PATCH', '/api/volunteers/me'), {});
    assert.deepEqual(variables('GET', '/api/volunteers/me'), { id: 'me' });
    assert.equal(variables('DELETE', '/api/volunteers/me'), 'GET,PATCH');
  });

  test('fills fields within fields, several segments, the rest, and knows custom verbs', () => {
    assert.deepEqual(variables('PUT', '/api/roles/medic'), { 'role.name': 'medic' });
    assert.deepEqual(variables('GET', '/v1/shelves/a/books/b'), { name: 'shelves/a/books/b' });
    assert.deepEqual(variables('GET', '/files/a/b/c.txt'), { path: 'a/b/c.txt' });
    assert.deepEqual(variables('POST', '/files/a/b:copy'), { path: 'a/b' });
    assert.deepEqual(variables('POST', '/api/emergency/x:escalate'), { id: 'x' });
  });

  test('with another method says which it takes; one that is not there is none', () => {
    assert.equal(variables('DELETE', '/api/emergency/x'), 'GET,PUT');
    for (const path of ['/', '', '/api', '/api/emergency/', '/api/emergency/x/', '/api//x', '/v1/shelves/a']) {
      assert.equal(variables('GET', path), 'none', path);
    }
    assert.equal(variables('GET', '/api/emergency/%zz'), 'none');
  });

  test('gives back any value, percent-encoded', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        fc.pre(id.isWellFormed());
        assert.deepEqual(variables('GET', `/api/emergency/${encodeURIComponent(id)}/watch`), { id });
      }),
    );
  });

  test('never breaks the router', () => {
    fc.assert(fc.property(fc.webPath(), fc.string(), (path, httpMethod) => void router.find(httpMethod, path)));
  });

  test('that two RPCs share is refused at the start, and so is an ill-formed template', () => {
    assert.throws(() => new Router([route('GET', '/a/{x}'), route('GET', '/a/{y}')]), /share/);
    for (const template of ['a', '/a/{', '/a/{x=}', '/{p=**}/b', '/a/{x}}']) {
      assert.throws(() => parseTemplate(template), /template|variable|before its end/, template);
    }
  });
});
