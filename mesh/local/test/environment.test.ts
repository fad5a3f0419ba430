import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceNames, services } from '../../topology.ts';
import {
  gatewayEnvironment,
  inheritedEnvironment,
  type Surroundings,
  serviceEnvironment,
  simulatorsEnvironment,
} from '../environment.ts';
import { readPorts } from '../ports.ts';

const from: Surroundings = {
  ports: readPorts({ KREKI_AUTH_PORT: '9101', KREKI_SIMULATORS_PORT: '9095' }),
  databaseUrls: { auth: 'pg://auth', volunteer: 'pg://vol', emergency: 'pg://emg', notification: 'pg://ntf' },
  natsUrls: { auth: 'nats://auth', volunteer: 'nats://vol', emergency: 'nats://emg', notification: 'nats://ntf' },
  redisUrls: { auth: 'redis://auth', volunteer: '', emergency: '', notification: '', gateway: 'redis://gateway' },
  operator: {
    natsUrl: 'nats://operator',
    dashboardKey: 'key',
    accountsFile: '/accounts.json',
    objectivesFile: '/objectives.json',
  },
  logLevel: 'info',
  identityFolder: (name) => `/identities/${name}`,
  signingKeysSecret: 'signing',
  personalData: {
    auth: { keys: '1:auth', lookupKey: 'lookup-auth' },
    notification: { keys: '1:ntf', lookupKey: 'lookup-ntf' },
  },
  fcmCredentialsFile: '/fcm.json',
  whatsapp: { accessToken: 'token', appSecret: 'app', verifyToken: 'verify' },
};

test('a service is given the address of each service that the topology lets it call, and no other', () => {
  for (const name of serviceNames) {
    const env = serviceEnvironment(name, from);
    const callable = new Set(Object.keys(services[name].calls));
    for (const other of serviceNames) {
      assert.equal(`${other.toUpperCase()}_URL` in env, callable.has(other), `${name} and ${other}`);
    }
  }
});

test('a moved port reaches everybody who calls it', () => {
  assert.equal(serviceEnvironment('auth', from).SERVICE_PORT, '9101');
  assert.equal(serviceEnvironment('emergency', from).AUTH_URL, 'https://127.0.0.1:9101');
  assert.equal(gatewayEnvironment(from).AUTH_URL, 'https://127.0.0.1:9101');
  assert.equal(serviceEnvironment('notification', from).FCM_ENDPOINT, 'http://127.0.0.1:9095/fcm');
});

test('each process comes to the servers it needs as its own user, and to no other', () => {
  for (const name of serviceNames) {
    const env = serviceEnvironment(name, from);
    const { publishes, consumes, stores } = services[name];
    assert.equal(env.DATABASE_URL, stores.postgres && from.databaseUrls[name]);
    assert.equal(env.NATS_URL, publishes || consumes.length > 0 ? from.natsUrls[name] : undefined);
    assert.equal(env.REDIS_URL, stores.redis && from.redisUrls[name]);
  }
  assert.equal(gatewayEnvironment(from).REDIS_URL, from.redisUrls.gateway);
});

test('secrets go only to whoever needs them', () => {
  for (const name of serviceNames) {
    const env = serviceEnvironment(name, from);
    assert.equal('SIGNING_KEYS_SECRET' in env, name === 'auth');
    assert.equal('WHATSAPP_APP_SECRET' in env, name === 'notification');
    assert.equal('PERSONAL_DATA_KEYS' in env, services[name].stores.personalData === true);
    assert.equal(env.PERSONAL_DATA_LOOKUP_KEY, from.personalData[name]?.lookupKey);
  }
  assert.ok(!('WHATSAPP_ACCESS_TOKEN' in gatewayEnvironment(from)));
});

test('simulators and notification agree on the WhatsApp account and on the FCM credentials', () => {
  const [simulated, real] = [simulatorsEnvironment(from), serviceEnvironment('notification', from)];
  for (const name of Object.keys(simulated).filter((key) => /^(WHATSAPP|FCM)_/.test(key))) {
    assert.equal(simulated[name], real[name], name);
  }
});

test('children inherit settings from the shell, but neither npm variables nor what opens the servers', () => {
  const servers = {
    POSTGRES_URL: 'pg://root',
    NATS_URL: 'nats://n',
    AUTH_NATS_URL: 'nats://a',
    GATEWAY_REDIS_URL: 'r',
  };
  const env = { OTEL_X: '1', npm_config_x: '1', ...servers, KREKI_HTTP_PORT: '1', HOME: '/h' };
  assert.deepEqual(inheritedEnvironment(env), { OTEL_X: '1', HOME: '/h' });
});
