import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { text as readText } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { bearer, rest } from './clients.ts';
import { FAILING_ID, ID } from './fixture.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let token: string;
before(async () => {
  edge = await startEdge();
  const permissions = ['emergencies:create', 'volunteers:read', 'statistics:read', 'roles:update', 'deliveries:read'];
  token = await edge.identity.tokenFor({ permissions });
});
after(() => edge.stop());

const panic = (json: unknown) => rest(edge, 'POST', '/api/emergency/panic', { token, json });
const LOCATION = { latitude: -6.2, longitude: 106.8 };

test('a body in camelCase or snake_case arrives, and the answer shows fields at their default', async () => {
  const { status, json } = await panic({ location: { ...LOCATION, accuracy_meters: 5 }, severity: 'SEVERITY_URGENT' });
  assert.equal(status, 200);
  assert.equal(json.emergency.status, 'EMERGENCY_STATUS_PENDING');
  assert.equal(json.emergency.severity, 'SEVERITY_URGENT');
  assert.equal(json.emergency.description, '');
  assert.equal(json.emergency.version, '1');
  assert.deepEqual(json.emergency.location, { ...LOCATION, accuracyMeters: 5 });
});

test('both ports speak REST', async () => {
  const answer = await rest(edge, 'GET', '/api/auth/me', { token });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.permissions, ['emergencies:create']);
  const session = connect(edge.gateway.h2cUrl);
  const stream = session.request({ ':path': '/api/auth/me', ...bearer(token) });
  const [headers] = await once(stream, 'response');
  assert.equal(headers[':status'], 200);
  assert.deepEqual(JSON.parse(await readText(stream)).permissions, ['emergencies:create']);
  session.close();
});

test('a value that breaks the contract is 400 with its violations, and no service is called', async () => {
  const calls = edge.upstream.received.length;
  const bad: [unknown, RegExp][] = [
    [{ location: { latitude: 91, longitude: 0 } }, /location\.latitude/],
    [{}, /location: value is required/],
    [{ location: LOCATION, severity: 99 }, /severity/],
    [{ location: LOCATION, description: 'x'.repeat(10_000) }, /description/],
  ];
  for (const [json, message] of bad) {
    const answer = await panic(json);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.code, 'invalid_argument');
    assert.match(answer.json.message, message);
    assert.equal(answer.json.details[0].type, 'buf.validate.Violations');
    assert.ok(answer.json.details[0].debug.violations.length > 0);
  }
  const noUuid = await rest(edge, 'GET', '/api/emergency/nope', { token });
  assert.equal(noUuid.status, 400);
  assert.match(noUuid.json.message, /^id: /);
  assert.equal(edge.upstream.received.length, calls);
});

test('what is no JSON, no object, an unknown field or a wrong type is 400 and named', async () => {
  const bodies: [string, string, RegExp][] = [
    ['{"location":', 'BAD_JSON', /not JSON/],
    ['[]', 'BAD_JSON', /object/],
    ['{"lokasi":{}}', 'UNKNOWN_FIELD', /"lokasi"/],
    ['{"location":{"lat":1}}', 'UNKNOWN_FIELD', /"lat"/],
    ['{"location":{"latitude":"north"}}', 'BAD_FIELD', /latitude/],
    ['{"severity":"DIRE"}', 'BAD_FIELD', /severity/],
  ];
  for (const [body, reason, message] of bodies) {
    const answer = await rest(edge, 'POST', '/api/emergency/panic', { token, body });
    assert.equal(answer.status, 400, body);
    assert.equal(answer.reason, reason, body);
    assert.match(answer.json.message, message);
  }
  const form = await rest(edge, 'POST', '/api/emergency/panic', {
    token,
    body: 'a=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(form.status, 415);
});

test('a body of ten megabytes is 413, announced or not', async () => {
  const body = 'x'.repeat(10_000_000);
  assert.equal((await rest(edge, 'POST', '/api/auth/login', { body })).status, 413);
  const chunked = await fetch(`${edge.gateway.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half',
  } as RequestInit);
  assert.equal(chunked.status, 413);
  assert.equal((await rest(edge, 'GET', '/healthz')).status, 200);
});

test('an unknown path is 404, a known one with another method 405 with what it takes', async () => {
  assert.equal((await rest(edge, 'GET', '/api/nothing', { token })).status, 404);
  assert.equal((await rest(edge, 'GET', '/api/auth/me/', { token })).status, 404);
  assert.equal((await rest(edge, 'GET', '/api/emergency/%E0%A4%A/watch', { token })).status, 404);
  const wrong = await rest(edge, 'DELETE', '/api/auth/me', { token });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET, PUT');
  assert.equal(wrong.reason, 'METHOD_NOT_ALLOWED');
});

test('a query fills nested, repeated, enum and time fields, and what it cannot fill is named', async () => {
  const query = 'location.latitude=-6.2&location.longitude=106.8&radius_meters=500&category=CATEGORY_FIRE&limit=3';
  assert.equal((await rest(edge, 'GET', `/api/emergency/nearby?${query}`, { token })).status, 200);
  const { message } = edge.upstream.last();
  const { location, radiusMeters, category, limit } = message as Record<string, unknown>;
  assert.deepEqual({ radiusMeters, category, limit }, { radiusMeters: 500, category: 4, limit: 3 });
  assert.equal((location as { latitude: number }).latitude, -6.2);

  const period = 'startTime=2026-11-20T00:00:00Z&end_time=2026-11-21T00:00:00%2B07:00';
  assert.equal((await rest(edge, 'GET', `/api/emergency/statistics?${period}`, { token })).status, 200);

  const bad: [string, string, RegExp][] = [
    ['colour=red', 'UNKNOWN_PARAMETER', /"colour"/],
    ['location.altitude=1', 'UNKNOWN_PARAMETER', /"location.altitude"/],
    ['location=1', 'BAD_PARAMETER', /"location"/],
    ['limit=1&limit=2', 'BAD_PARAMETER', /once/],
    ['limit=many', 'BAD_FIELD', /limit/],
    ['category=CATEGORY_NONE', 'BAD_FIELD', /category/],
    ['__proto__.x=1', 'UNKNOWN_PARAMETER', /__proto__/],
  ];
  for (const [wrong, reason, message] of bad) {
    const answer = await rest(edge, 'GET', `/api/emergency/nearby?${wrong}`, { token });
    assert.equal(answer.status, 400, wrong);
    assert.equal(answer.reason, reason, wrong);
    assert.match(answer.json.message, message);
  }
  const inBody = await rest(edge, 'POST', '/api/emergency/panic?severity=1', { token, json: { location: LOCATION } });
  assert.equal(inBody.reason, 'UNKNOWN_PARAMETER');
});

test('a path fills a field within the field that the body is', async () => {
  const json = { description: 'Medics in the field', permissions: [] };
  const answer = await rest(edge, 'PUT', '/api/auth/roles/field_medic', { token, json });
  assert.equal(answer.status, 200, answer.text);
  const { role } = edge.upstream.last().message as { role: { name: string } };
  assert.equal(role.name, 'field_medic');
});

test('a webhook’s challenge comes back as it was sent', async () => {
  const query = 'hub.mode=subscribe&hub.verify_token=t&hub.challenge=1158201444';
  const answer = await rest(edge, 'GET', `/webhooks/whatsapp?${query}`);
  assert.equal(answer.text, '1158201444');
  assert.equal(answer.headers.get('content-type'), 'text/plain');
});

test('a stream is lines of JSON, or events for who asks for them, its error the last', async () => {
  const lines = await rest(edge, 'GET', `/api/emergency/${ID}/watch`, { token });
  assert.equal(lines.headers.get('content-type'), 'application/x-ndjson');
  const versions = lines.text.trim().split('\n');
  assert.deepEqual(
    versions.map((line) => JSON.parse(line).emergency.version),
    ['1', '2', '3'],
  );

  const failing = await rest(edge, 'GET', `/api/emergency/${FAILING_ID}/watch`, { token });
  assert.equal(JSON.parse(failing.text.trim().split('\n').at(-1) ?? '').error.code, 'failed_precondition');

  const headers = { accept: 'text/event-stream' };
  const events = await rest(edge, 'GET', `/api/emergency/${ID}/watch`, { token, headers });
  assert.equal(events.headers.get('content-type'), 'text/event-stream');
  assert.equal(events.text.match(/^data: \{"emergency"/gm)?.length, 3);
  assert.match(events.text, /event: end\ndata: \{\}\n\n$/);

  assert.equal((await rest(edge, 'GET', `/api/emergency/x/watch`, { token })).status, 400);
});

test('an unexpected failure shows its trace and nothing of its cause', async () => {
  const answer = await rest(edge, 'GET', '/api/auth/sessions', { token });
  assert.equal(answer.status, 500);
  assert.equal(answer.reason, 'INTERNAL');
  assert.ok(answer.json.message.includes(answer.headers.get('x-trace-id')));
  assert.doesNotMatch(answer.text, /secret detail/);
});

test('a refusal that passes says when to try again', async () => {
  const answer = await rest(edge, 'POST', '/api/auth/login', { json: { email: 'a@b.id', password: 'x' } });
  assert.equal(answer.status, 429);
  assert.equal(answer.reason, 'TOO_MANY_FAILED_LOGINS');
  assert.equal(answer.headers.get('retry-after'), '42');
});
