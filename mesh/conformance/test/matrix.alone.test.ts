import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { callerNames } from '../../topology.ts';
import { causeIn } from '../fuzz/causes.ts';
import { gatherCrew } from '../fuzz/crew.ts';
import { complaints, reportLines } from '../fuzz/report.ts';
import { fuzz } from '../fuzz/run.ts';
import { everyMethod, someThings } from '../fuzz/things.ts';
import { type Cell, type Made, makeAll } from '../matrix/calls.ts';
import { findStrangers, type Stranger } from '../matrix/encounters.ts';
import { callAsProcesses, openToStrangers } from '../matrix/identity-cells.ts';
import { listCells, listObjections } from '../matrix/list-cells.ts';
import { objectCells } from '../matrix/object-cells.ts';
import { roleCells } from '../matrix/role-cells.ts';
import { type Scene, setScene } from '../matrix/scene.ts';
import { leaks, objections } from '../matrix/verdict.ts';
import { LIST_RULES, OBJECT_RULES, PERMISSION_ALONE } from '../objects.ts';
import { type OwnMesh, startOwnMesh } from '../own-mesh.ts';
import { openPeople, type People } from '../people/people.ts';
import { readSigningKey } from '../people/signing-key.ts';
import { badTokens } from '../people/tokens.ts';
import { SEEDED_ROLES } from '../roles.ts';
import { everyRpc, idFieldsOf, lists, type Rpc } from '../rpcs.ts';
import { createSender, type Sender } from '../wire/http.ts';

/** On a machine that does other work all this takes longer than one test usually may. */
const PATIENCE = { timeout: 600_000 };

let mesh: OwnMesh;
let sender: Sender;
let people: People;
let scene: Scene;
let strangers: Stranger[];
let rpcs: Rpc[];
before(async () => {
  // How well passwords are kept is not what is tested here, nor what is shed on a machine that does other work. Offers stay open for as
  // long as it takes.
  mesh = await startOwnMesh({
    PASSWORD_HASH_MEMORY_KIB: '1024',
    PASSWORD_HASH_PASSES: '1',
    DISPATCH_OFFER_TIMEOUT: '1h',
    SHED_DELAY: '0s',
  });
  sender = createSender(mesh);
  people = await openPeople(mesh.edgeUrl, mesh.accounts);
  scene = await setScene(mesh.edgeUrl, mesh.accounts, people);
  strangers = await findStrangers(people);
  rpcs = await everyRpc();
}, PATIENCE);
after(async () => {
  sender?.close();
  await mesh?.stop();
}, PATIENCE);

async function makeCounted<C extends Cell>(t: TestContext, what: string, cells: readonly C[]): Promise<Made<C>[]> {
  const startMs = performance.now();
  const made = await makeAll(sender, cells);
  t.diagnostic(`${what}: ${made.length} calls in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
  return made;
}

test('every RPC lets in exactly whom its contract lets in, over every protocol', PATIENCE, async (t) => {
  const tokens = await badTokens(people, await readSigningKey(mesh));
  const cells = await roleCells(rpcs, people, tokens);
  const made = await makeCounted(
    t,
    `${rpcs.length} RPCs, ${people.roles.length} roles, ${tokens.length} bad tokens`,
    cells,
  );
  assert.deepEqual(objections(made), []);

  const readers = people.roles.filter(({ permissions }) => [...permissions].some((each) => each.endsWith(':read')));
  const privileged = new Set(readers.map(({ name }) => `role ${name}`));
  assert.deepEqual(
    leaks(
      made.filter(({ cell }) => !privileged.has(cell.caller)),
      scene.secrets,
    ),
    [],
  );
});

test('a list holds what concerns whoever asks for it, and nothing else', PATIENCE, async (t) => {
  const made = await makeCounted(t, 'lists', listCells(rpcs, scene, people, strangers));
  assert.deepEqual([...objections(made), ...listObjections(made)], []);
});

test('what belongs to somebody is open to them and to whom it concerns, and to nobody else', PATIENCE, async (t) => {
  const { refused, open } = await objectCells(rpcs, scene, people, strangers);
  const made = await makeCounted(t, 'to be refused or passed over', refused);
  assert.deepEqual(objections(made), []);
  assert.deepEqual(
    leaks(
      made.filter(({ cell }) => cell.caller.startsWith('role ')),
      scene.secrets,
    ),
    [],
  );
  assert.deepEqual(await scene.changes(), []);
  assert.deepEqual(objections(await makeCounted(t, 'to be let in', open)), []);
});

test('every process is let in exactly where the topology has it call, for whomever it calls', PATIENCE, async (t) => {
  const made = await callAsProcesses(mesh, rpcs, people.admin);
  t.diagnostic(`${rpcs.length} RPCs, ${callerNames.length} processes: ${made.length} calls`);
  assert.deepEqual(objections(made), []);
  assert.deepEqual(await openToStrangers(mesh, rpcs), [], 'who shows no certificate is not answered');
});

test('the roles that the document shows are those of a mesh that begins anew', () => {
  const named = people.roles.map(({ name, permissions }) => [name, [...permissions].sort()]);
  assert.deepEqual(
    Object.fromEntries(named),
    Object.fromEntries(Object.entries(SEEDED_ROLES).map(([name, permissions]) => [name, [...permissions].sort()])),
    'mesh/conformance/roles.ts is to follow the migrations of auth; then npm run render',
  );
});

test('whose things an RPC touches is said of every RPC that names or lists some', () => {
  const personal = ({ rules, method }: Rpc) => rules.audience === Audience.SIGNED_IN && lists(method);
  const named = rpcs.filter(({ method }) => idFieldsOf(method).length > 0).map(({ name }) => name);
  const listing = rpcs.filter(personal).map(({ name }) => name);
  const where = 'belong into the tables of mesh/conformance/objects.ts, or out of them';
  assert.deepEqual(differenceOf(named, [...Object.keys(OBJECT_RULES), ...PERMISSION_ALONE]), [], where);
  assert.deepEqual(differenceOf(listing, Object.keys(LIST_RULES)), [], where);
});

test('no request is answered with internal or unknown, or not at all, however it was damaged', PATIENCE, async (t) => {
  const report = await fuzz({
    sender,
    crew: await gatherCrew(people),
    methods: await everyMethod(),
    known: await someThings(people),
    requests: 600,
    seed: 119,
    parallel: 4,
    processes: () => mesh.processes(),
  });
  t.diagnostic(reportLines(report).join('\n'));
  assert.deepEqual(complaints(report, causeIn(mesh.dataFolder)), []);
  assert.deepEqual(mesh.ended, []);
});

const differenceOf = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set(one).symmetricDifference(new Set(other)),
];
