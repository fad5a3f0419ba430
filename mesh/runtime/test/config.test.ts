import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as config from '../config.ts';

test('every missing or wrong name is reported together', () => {
  const spec = {
    url: config.url('A_URL'),
    nested: { count: config.integer('A_COUNT', { min: 1 }), wait: config.duration('A_WAIT') },
    level: config.oneOf('A_LEVEL', ['low', 'high']),
    on: config.boolean('A_FLAG'),
    key: config.secret('A_KEY'),
  };
  const env = { A_URL: 'nowhere', A_COUNT: '0', A_WAIT: '5 minutes', A_LEVEL: 'medium', A_FLAG: 'yes' };
  assert.throws(
    () => config.readEnvironment(env, spec),
    (error) => {
      assert.ok(error instanceof config.ConfigError);
      for (const variable of ['A_URL', 'A_COUNT', 'A_WAIT', 'A_LEVEL', 'A_FLAG', 'A_KEY is missing'])
        assert.match(error.message, new RegExp(variable));
      return true;
    },
  );
});

test('values are read as what they are, an empty one as absent', () => {
  const value = config.readEnvironment(
    { COUNT: '', WAIT: '1.5s', NAMES: ' a, b,,c ', LATITUDE: '-6.2', KEY: 'x' },
    {
      count: config.integer('COUNT', { default: 7 }),
      wait: config.duration('WAIT'),
      day: config.duration('DAY', { default: '1d' }),
      names: config.list('NAMES'),
      none: config.list('NONE'),
      latitude: config.number('LATITUDE', { min: -90, max: 90 }),
      absent: config.optional('ABSENT'),
      on: config.boolean('FLAG', { default: true }),
      level: config.oneOf('LEVEL', ['low', 'high'], 'low'),
      deep: { key: config.secret('KEY') },
    },
  );
  assert.deepEqual(value, {
    count: 7,
    wait: 1_500,
    day: 86_400_000,
    names: ['a', 'b', 'c'],
    none: [],
    latitude: -6.2,
    absent: undefined,
    on: true,
    level: 'low',
    deep: { key: 'x' },
  });
});

test('a URL that holds a password comes out of a file too, and no message repeats it', (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'kreki-config-')), 'url');
  t.after(() => rmSync(dirname(file), { recursive: true }));
  writeFileSync(file, 'nats://auth:geheim@nats:4222\n');
  const { natsUrl } = config.readEnvironment({ NATS_URL_FILE: file }, config.natsSettings);
  assert.equal(natsUrl, 'nats://auth:geheim@nats:4222');
  assert.throws(
    () => config.readEnvironment({ NATS_URL: 'geheim' }, config.natsSettings),
    (error) =>
      error instanceof config.ConfigError &&
      /NATS_URL must be a URL/.test(error.message) &&
      !/geheim/.test(error.message),
  );
});

test('what every service reads has the defaults of one machine, and the services it calls by name', () => {
  const callers = { 'kreki.emergency.v1.EmergencyService': ['gateway'] };
  const spec = config.serviceSettings({ name: 'emergency', port: 8103, calls: ['auth', 'health-records'], callers });
  const env = {
    MESH_IDENTITY: '/identities/emergency',
    AUTH_URL: 'http://127.0.0.1:8101',
    HEALTH_RECORDS_URL: 'http://127.0.0.1:8110',
  };
  const { breaker: _, portFd: __, shedDelayMs: ___, ...read } = config.readEnvironment(env, spec);
  assert.deepEqual(read, {
    name: 'emergency',
    callers,
    mesh: { identity: '/identities/emergency', namespace: 'kreki' },
    host: '127.0.0.1',
    port: 8103,
    logLevel: 'info',
    upstreams: { auth: 'http://127.0.0.1:8101', 'health-records': 'http://127.0.0.1:8110' },
  });
});

test('numbers outside their range, fractions of whole numbers and texts are refused', () => {
  const read = (text: string) =>
    config.readEnvironment({ PORT: text }, { port: config.integer('PORT', { min: 0, max: 65_535 }) }).port;
  assert.equal(read('8080'), 8080);
  for (const text of ['-1', '65536', '1.5', 'NaN', 'Infinity', 'x'])
    assert.throws(() => read(text), config.ConfigError);
});
