import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from 'nats';
import { nats } from '../../local/servers/nats.ts';
import { ensureDeadLetterStream, ensureDomainStream } from '../../runtime/events/streams.ts';
import { type ServiceName, serviceNames, services } from '../../topology.ts';
import { natsUsers, OPERATOR } from '../nats.ts';
import { probeAs } from './nats-probe.ts';
import { startPrivate } from './private-server.ts';

const API = '$JS.API';
const users = natsUsers().map(({ name }) => name);
const domains = serviceNames.filter((name) => services[name].publishes);
const durables = serviceNames.flatMap((owner) => services[owner].consumes.map((each) => ({ owner, ...each })));
const consumersOf = (domain: ServiceName) => durables.filter(({ from }) => from === domain).map(({ owner }) => owner);
const consumers = [...new Set(durables.map(({ owner }) => owner))];
/** Streams of which dead letters can come, and to which the operator brings them back. */
const replayable = new Set(durables.map(({ from }) => from));
const nobody: string[] = [];

/** Who may publish to a subject: every request that there is to the streams and consumers of the mesh, and every event. */
const publishing: [subject: string, allowed: readonly string[]][] = [
  ...domains.flatMap((domain): [string, readonly string[]][] => [
    [`kreki.${domain}.v1.Something`, [domain, ...(replayable.has(domain) ? [OPERATOR] : [])]],
    ...streamRequests(`EVENTS_${domain}`, {
      info: [domain, ...consumersOf(domain)],
      create: [domain],
      read: [domain],
      remove: nobody,
    }),
    [`${API}.CONSUMER.CREATE.EVENTS_${domain}`, nobody],
    [`${API}.CONSUMER.CREATE.EVENTS_${domain}.other-name.kreki.${domain}.v1.>`, nobody],
    [`${API}.CONSUMER.DURABLE.CREATE.EVENTS_${domain}.other-name`, nobody],
  ]),
  ...streamRequests('DEAD_LETTERS', { info: consumers, create: consumers, read: nobody, remove: [OPERATOR] }),
  ...durables.flatMap(({ owner, from, durable }): [string, readonly string[]][] => [
    [`${API}.CONSUMER.CREATE.EVENTS_${from}.${durable}.kreki.${from}.v1.>`, [owner]],
    [`${API}.CONSUMER.CREATE.EVENTS_${from}.${durable}`, nobody],
    [`${API}.CONSUMER.CREATE.DEAD_LETTERS.${durable}`, nobody],
    [`${API}.CONSUMER.DURABLE.CREATE.EVENTS_${from}.${durable}`, nobody],
    [`${API}.CONSUMER.INFO.EVENTS_${from}.${durable}`, [owner, OPERATOR]],
    [`${API}.CONSUMER.DELETE.EVENTS_${from}.${durable}`, [owner]],
    [`${API}.CONSUMER.MSG.NEXT.EVENTS_${from}.${durable}`, [owner]],
    [`$JS.ACK.EVENTS_${from}.${durable}.1.1.1.1.0`, [owner]],
    [`kreki.dead.${durable}.kreki.${from}.v1.Something`, [owner]],
  ]),
  ...streamRequests('AUDIT_mesh', { info: nobody, create: [OPERATOR], read: nobody, remove: nobody }),
  ['kreki.audit.mesh', [OPERATOR]],
  ['kreki.unheard.v1.Something', nobody],
  ['kreki.dead.other-name.kreki.auth.v1.Something', nobody],
  [`${API}.STREAM.CREATE.ANOTHER`, nobody],
  [`${API}.STREAM.NAMES`, [OPERATOR]],
  [`${API}.STREAM.LIST`, [OPERATOR]],
  [`${API}.INFO`, [OPERATOR]],
  ['$SYS.REQ.SERVER.PING', nobody],
  ...users.map((user): [string, readonly string[]] => [`_INBOX.${user}.x`, nobody]),
];

/** Who may hear what. */
const hearing: [subject: string, allowed: readonly string[]][] = [
  ...domains.map((domain): [string, readonly string[]] => [`kreki.${domain}.v1.>`, [domain]]),
  ...durables.map(({ durable }): [string, readonly string[]] => [`kreki.dead.${durable}.>`, nobody]),
  ...users.map((user): [string, readonly string[]] => [`_INBOX.${user}.x.*`, [user]]),
  ...['>', 'kreki.>', '_INBOX.>', '$JS.>', '$JS.EVENT.ADVISORY.>', '$SYS.>'].map((subject): [string, string[]] => [
    subject,
    nobody,
  ]),
];

function streamRequests(
  stream: string,
  by: Record<'info' | 'create' | 'read' | 'remove', readonly string[]>,
): [string, readonly string[]][] {
  return [
    [`${API}.STREAM.INFO.${stream}`, [...by.info, OPERATOR]],
    [`${API}.STREAM.CREATE.${stream}`, by.create],
    [`${API}.STREAM.MSG.GET.${stream}`, [...by.read, OPERATOR]],
    [`${API}.STREAM.MSG.DELETE.${stream}`, by.remove],
    [`${API}.CONSUMER.NAMES.${stream}`, [OPERATOR]],
    [`${API}.CONSUMER.LIST.${stream}`, [OPERATOR]],
    ...['UPDATE', 'DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE', 'LEADER.STEPDOWN', 'PEER.REMOVE'].map(
      (request): [string, readonly string[]] => [`${API}.STREAM.${request}.${stream}`, nobody],
    ),
    [`${API}.DIRECT.GET.${stream}`, nobody],
  ];
}

const server = await startPrivate(nats);
after(() => server.stop());

for (const user of users) {
  test(`on NATS ${user} may do what the topology says, and nothing else`, async (t) => {
    const probe = await probeAs(server.urlOf(user));
    t.after(() => probe.stop());
    for (const [subject, allowed] of publishing)
      assert.equal(await probe.mayPublish(subject), allowed.includes(user), `publish to ${subject}`);
    for (const [subject, allowed] of hearing)
      assert.equal(await probe.maySubscribe(subject), allowed.includes(user), `subscribe to ${subject}`);
  });
}

test('nobody comes in without a name, nor under another’s password', async () => {
  for (const url of [
    server.url.replace(/\/\/.*@/, '//'),
    server.urlOf('auth').replace('//auth:', `//${OPERATOR}:`),
    server.urlOf('auth').replace(/:[^:]*@/, ':wrong@'),
  ])
    await assert.rejects(probeAs(url), /Authorization Violation/);
});

test('a stream that is there is not changed by its owner making it anew with other streams as its source', async (t) => {
  const [domain, victim] = domains;
  assert.ok(domain && victim);
  const administrator = await connectAs(server.url);
  t.after(() => administrator.close());
  const manager = await administrator.jetstreamManager();
  for (const each of domains) await ensureDomainStream(manager, each);
  await ensureDeadLetterStream(manager);
  const before = await manager.streams.info(`EVENTS_${domain}`);
  const intruder = await connectAs(server.urlOf(domain), domain);
  t.after(() => intruder.close());
  const own = await intruder.jetstreamManager({ checkAPI: false });
  const config = { ...before.config, sources: [{ name: `EVENTS_${victim}` }] };
  await assert.rejects(own.streams.add(config), /already in use/);
  assert.equal((await manager.streams.info(`EVENTS_${domain}`)).config.sources, undefined);
});

async function connectAs(url: string, name = 'test') {
  const { host, username, password } = new URL(url);
  return connect({ servers: host, user: username, pass: password, inboxPrefix: `_INBOX.${name}`, reconnect: false });
}
