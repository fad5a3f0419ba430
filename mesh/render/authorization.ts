import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { type Concern, LIST_RULES, OBJECT_RULES } from '../conformance/objects.ts';
import { SEEDED_ROLES } from '../conformance/roles.ts';
import { everyRpc, type Rpc } from '../conformance/rpcs.ts';
import { bindingOf } from '../conformance/wire/rest.ts';
import { type CallerName, callersOf, serviceNames, services } from '../topology.ts';

const roles = Object.keys(SEEDED_ROLES);

/** Who may call what, for a person to review: every RPC by every role, from the contracts. */
export async function authorization(): Promise<string> {
  const rpcs = await everyRpc();
  const byService = Map.groupBy(rpcs, ({ method }) => method.parent.typeName);
  return `${[
    HEAD,
    ...[...byService].map(([typeName, each]) => `## ${typeName}\n\n${serviceTable(each)}`),
    `## Roles\n\n${table(
      ['role', 'permissions'],
      roles.map((role) => [role, granted(role)]),
    )}`,
    `## Which process may call which service\n\n${PROCESSES}\n\n${processTable()}`,
  ].join('\n\n')}\n`;
}

const HEAD = `# Who may do what

Rendered from the contracts, the topology and \`mesh/conformance/objects.ts\` by \`npm run render\`. \`npm test -- conformance\` holds a running
mesh to it: every RPC by nobody, by every role and with tokens that do not hold, over REST, Connect, gRPC-Web and gRPC; and by every process at
the port of the service itself.

✓ may; ○ may with what concerns them: the column *whose* says what that is; · may not. Whoever may not is told so before the request
is looked at: UNAUTHENTICATED \`SIGN_IN_REQUIRED\`, or PERMISSION_DENIED \`PERMISSION_REQUIRED\`. A token that does not hold is refused
everywhere, also where none is needed: \`TOKEN_EXPIRED\`, \`TOKEN_REVOKED\` (signed out, closed account), \`TOKEN_OUTDATED\` (the role has changed),
else \`TOKEN_INVALID\`. Where a thing is not theirs, people are told the same of one that exists as of one that does not.`;

const PROCESSES = `A call outside of this is PERMISSION_DENIED \`CALLER_NOT_ALLOWED\`, whoever's token it carries; without a certificate there is no
connection. Where a process may call, it may do so by itself only what is \`nobody\`'s or names it under *services by themselves*: all else is
UNAUTHENTICATED \`SIGN_IN_REQUIRED\` for the gateway, PERMISSION_DENIED \`PERSON_REQUIRED\` for a service.`;

function serviceTable(rpcs: readonly Rpc[]): string {
  const rows = rpcs.map((rpc) => [
    rpc.method.name,
    route(rpc),
    rpc.rules.permission && `\`${rpc.rules.permission}\``,
    rpc.rules.audience === Audience.PUBLIC ? '✓' : '·',
    ...roles.map((role) => mark(rpc, SEEDED_ROLES[role] ?? [])),
    whose(rpc),
    onTheirOwn(rpc).join(', '),
  ]);
  return table(['RPC', 'REST', 'permission', 'nobody', ...roles, 'whose', 'services by themselves'], rows);
}

function route({ method }: Rpc): string {
  const binding = bindingOf(method);
  return binding ? `\`${binding.httpMethod} ${binding.template}\`` : '';
}

function mark({ name, rules }: Rpc, permissions: readonly string[]): string {
  if (rules.audience === Audience.MESH) return '·';
  if (rules.audience === Audience.PERMITTED && !permissions.includes(rules.permission)) return '·';
  const rule = concernOf(name);
  return !rule || (rule.openedBy !== undefined && permissions.includes(rule.openedBy)) ? '✓' : '○';
}

const concernOf = (name: string): Concern | undefined => OBJECT_RULES[name] ?? LIST_RULES[name];

function whose({ name }: Rpc): string {
  const rule = concernOf(name);
  if (!rule) return '';
  const everybody = rule.openedBy === undefined ? '' : `; everybody’s with \`${rule.openedBy}\``;
  return `${rule.kind}: ${rule.open.join(', ')}${everybody}`;
}

/** Services that may call without a person's token. */
const onTheirOwn = ({ callee, method, rules }: Rpc): CallerName[] =>
  rules.meshCallers ? callersOf(callee, method.parent.typeName).filter((name) => name !== 'gateway') : [];

const granted = (role: string): string => (SEEDED_ROLES[role] ?? []).map((each) => `\`${each}\``).join(' ');

function processTable(): string {
  const callers: CallerName[] = ['gateway', ...serviceNames, 'operator'];
  const rows = serviceNames.flatMap((callee) =>
    services[callee].serves.map((typeName) => {
      const allowed = callersOf(callee, typeName);
      return [callee, typeName, ...callers.map((caller) => (allowed.includes(caller) ? '✓' : '·'))];
    }),
  );
  return table(['of', 'service', ...callers], rows);
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
