/** What each process may say and hear on NATS, rendered from the topology: a user for each, and everything that is not allowed is refused. */
import {
  DEAD_LETTER_STREAM,
  deadLetterSubjects,
  domainSubjects,
  inboxOf,
  JOURNAL_STREAM,
  JOURNAL_SUBJECT,
  streamOf,
} from '../runtime/events/subjects.ts';
import { type Consumption, type ServiceName, serviceNames, services } from '../topology.ts';

/** A user of nats-server with its permissions: subjects, with NATS' wildcards. */
export interface NatsUser {
  readonly name: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const API = '$JS.API';

/** Reads every stream and consumer, replays and drops dead letters; for people's tools, not for a process of the mesh. */
export const OPERATOR = 'operator';

/** One user for each process that publishes or consumes, and the operator's. Each hears answers in an inbox of its own name. */
export function natsUsers(): NatsUser[] {
  return [...serviceNames.filter(usesNats).map(serviceUser), operatorUser()];
}

/** Whether a service is connected to NATS at all. */
export function usesNats(name: ServiceName): boolean {
  return services[name].publishes || services[name].consumes.length > 0;
}

/**
 * The `authorization` block of nats-server's configuration.
 * @param password of a user, as it stands in that file: a quoted text, or `$VARIABLE` of the server's environment.
 */
export function natsAuthorization(users: readonly NatsUser[], password: (name: string) => string): string {
  const lines = users.map(({ name, publish, subscribe }) => {
    const permissions = JSON.stringify({ publish: { allow: publish }, subscribe: { allow: subscribe } });
    return `    { user: ${name}, password: ${password(name)}, permissions: ${permissions} }`;
  });
  return `authorization {\n  users: [\n${lines.join('\n')}\n  ]\n}`;
}

function serviceUser(name: ServiceName): NatsUser {
  const { publishes, consumes } = services[name];
  return {
    name,
    publish: [
      ...(publishes ? publisherRequests(name) : []),
      ...consumes.flatMap(consumerRequests),
      ...(consumes.length > 0 ? makeStream(DEAD_LETTER_STREAM) : []),
    ],
    subscribe: [`${inboxOf(name)}.>`, ...(publishes ? [domainSubjects(name)] : [])],
  };
}

/** Its own events, and finding out where its own stream ends. */
function publisherRequests(name: ServiceName): string[] {
  const stream = streamOf(name);
  return [domainSubjects(name), ...makeStream(stream), `${API}.STREAM.MSG.GET.${stream}`];
}

/** One durable of another domain's stream: made, read and acknowledged, and what it gave up on. */
function consumerRequests({ from, durable }: Consumption): string[] {
  const stream = streamOf(from);
  return [
    `${API}.STREAM.INFO.${stream}`,
    `${API}.CONSUMER.CREATE.${stream}.${durable}.${domainSubjects(from)}`,
    `${API}.CONSUMER.INFO.${stream}.${durable}`,
    `${API}.CONSUMER.DELETE.${stream}.${durable}`,
    `${API}.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
    deadLetterSubjects(durable),
  ];
}

/** A stream that is there already is not changed by being made. */
const makeStream = (stream: string): string[] => [`${API}.STREAM.INFO.${stream}`, `${API}.STREAM.CREATE.${stream}`];

function operatorUser(): NatsUser {
  const consumed = new Set(serviceNames.flatMap((name) => services[name].consumes.map(({ from }) => from)));
  return {
    name: OPERATOR,
    publish: [
      ...['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'STREAM.INFO.*', 'STREAM.MSG.GET.*'].map((api) => `${API}.${api}`),
      ...['CONSUMER.NAMES.*', 'CONSUMER.LIST.*', 'CONSUMER.INFO.*.*'].map((api) => `${API}.${api}`),
      `${API}.STREAM.MSG.DELETE.${DEAD_LETTER_STREAM}`,
      // Which goes on record before: it may be added to, and nothing else.
      `${API}.STREAM.CREATE.${JOURNAL_STREAM}`,
      JOURNAL_SUBJECT,
      // A dead letter is replayed by publishing its event again.
      ...[...consumed].map(domainSubjects),
    ],
    subscribe: [`${inboxOf(OPERATOR)}.>`],
  };
}
