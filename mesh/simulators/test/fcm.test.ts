import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type App, type Credential, deleteApp, initializeApp } from 'firebase-admin/app';
import { getMessaging, type Messaging } from 'firebase-admin/messaging';
import { importPKCS8, SignJWT } from 'jose';
import { account, type World, world } from './harness.ts';

/** Takes every HTTPS request of the SDK to the simulator, in the clear. */
class SimulatorAgent extends Agent {
  readonly #port: number;

  constructor(url: string) {
    super({ keepAlive: true });
    this.#port = Number(new URL(url).port);
  }

  override createConnection() {
    return connect(this.#port, '127.0.0.1');
  }
}

/** `cert()` keeps its agent from the token request, so the exchange with a token endpoint of one's own is made here. */
function serviceAccountCredential(tokenUrl: string): Credential {
  return {
    async getAccessToken() {
      const assertion = await new SignJWT({ scope: 'https://www.googleapis.com/auth/firebase.messaging' })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
        .setIssuer(account.client_email)
        .setAudience('https://oauth2.googleapis.com/token')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(await importPKCS8(account.private_key, 'RS256'));
      const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      const response = await fetch(tokenUrl, { method: 'POST', body: form });
      if (!response.ok) throw new Error(`token exchange: ${response.status} ${await response.text()}`);
      return (await response.json()) as { access_token: string; expires_in: number };
    },
  };
}

describe('FCM, through firebase-admin', () => {
  let here: World;
  let app: App;
  let messaging: Messaging;

  before(async () => {
    here = await world();
    const httpAgent = new SimulatorAgent(here.simulators.url);
    const credential = serviceAccountCredential(`${here.simulators.url}/fcm/token`);
    app = initializeApp({ credential, projectId: account.project_id, httpAgent });
    messaging = getMessaging(app);
    messaging.enableLegacyHttpTransport();
  });

  after(async () => {
    await deleteApp(app);
    await here[Symbol.asyncDispose]();
  });

  const alert = (token: string, tag?: string) => ({
    token,
    data: { emergencyId: 'e-1' },
    android: {
      priority: 'high' as const,
      ttl: 60_000,
      notification: { title: 'Panggilan darurat', body: '300 m', ...(tag && { tag }) },
    },
  });

  it('a push arrives with its title, body and data', async () => {
    const name = await messaging.send(alert('token-arrives'));
    assert.match(name, /^projects\/kreki-test\/messages\//);
    const [message] = await here.messages('token-arrives');
    assert.equal(message?.title, 'Panggilan darurat');
    assert.equal(message?.channel, 'push');
    assert.deepEqual(message?.data, { emergencyId: 'e-1' });
    assert.match(message?.receivedAt ?? '', /^\d{4}-.*\.\d{3}Z$/);
  });

  it('a push with the tag of a shown one replaces it and counts its deliveries', async () => {
    await messaging.send(alert('token-tagged', 'n-1'));
    await messaging.send(alert('token-tagged', 'n-1'));
    await messaging.send(alert('token-tagged', 'n-2'));
    const messages = await here.messages('token-tagged');
    assert.deepEqual(
      messages.map((one) => one.deliveries),
      [2, 1],
    );
    assert.equal(messages[0]?.deliveredAt.length, 2);
  });

  it('sendEachForMulticast answers in order, each by its token', async () => {
    await here.post('/control', { provider: 'fcm', target: 'token-gone', fault: 'unregistered' });
    const { token: _, ...message } = alert('unused');
    const result = await messaging.sendEachForMulticast({ tokens: ['token-good', 'token-gone', 'bad'], ...message });
    assert.deepEqual(
      result.responses.map((one) => one.error?.code ?? 'sent'),
      ['sent', 'messaging/registration-token-not-registered', 'messaging/invalid-argument'],
    );
    assert.equal((await here.messages('token-gone')).length, 0);
  });

  it('faults on demand become the SDK codes', async () => {
    const expected = {
      quota: 'messaging/message-rate-exceeded',
      internal: 'messaging/internal-error',
      mismatch: 'messaging/mismatched-credential',
    };
    for (const [fault, code] of Object.entries(expected)) {
      await here.post('/control', { provider: 'fcm', target: 'token-fault', fault, times: 1 });
      await assert.rejects(messaging.send(alert('token-fault')), { code });
    }
  });

  it('the SDK repeats after UNAVAILABLE and its Retry-After', async () => {
    await here.post('/control', { provider: 'fcm', target: 'token-busy', fault: 'unavailable', times: 1 });
    const start = Date.now();
    await messaging.send(alert('token-busy'));
    assert.ok(Date.now() - start >= 950);
    assert.equal((await here.messages('token-busy'))[0]?.deliveries, 1);
  });

  it('a payload over 4,096 bytes, a wrong type and an unknown name are refused by name', async () => {
    await assert.rejects(messaging.send({ token: 'token-large', data: { text: 'x'.repeat(4_100) } }), {
      code: 'messaging/invalid-argument',
    });
    const token = await accessToken();
    const send = (message: unknown) =>
      here.post('/v1/projects/kreki-test/messages:send', { message }, { authorization: `Bearer ${token}` });
    const typed = await send({ token: 'token-typed', data: { count: 12 } });
    assert.equal(typed.status, 400);
    assert.equal(typed.body.error.details[0].fieldViolations[0].field, 'message.data[0].value');
    const named = await send({ token: 'token-named', sound: 'x' });
    assert.match(named.body.error.message, /Unknown name "sound" at 'message'/);
  });

  it('a forged assertion gets no token, and a made-up token is not accepted', async () => {
    const forged = await here.post('/fcm/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'eyJhbGciOiJub25lIn0.e30.',
    });
    assert.equal(forged.status, 400);
    assert.equal(forged.body.error, 'invalid_grant');
    const sent = await here.post(
      '/fcm/v1/projects/kreki-test/messages:send',
      { message: {} },
      { authorization: 'Bearer x' },
    );
    assert.equal(sent.status, 401);
    assert.equal(sent.body.error.status, 'UNAUTHENTICATED');
  });

  async function accessToken(): Promise<string> {
    const credential = app.options.credential;
    assert.ok(credential);
    return (await credential.getAccessToken()).access_token;
  }
});
