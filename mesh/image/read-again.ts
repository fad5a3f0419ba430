/**
 * `node mesh/image/read-again.ts` in the container of a service: its consumers read their streams from the beginning, all of seven days. After
 * its database was restored: what it remembers to have handled is passed over, what it has forgotten is handled again.
 */
import { oneOf, readEnvironment, secretUrl } from '@kreki/runtime/config';
import { serversOf } from '@kreki/runtime/events/bus';
import { inboxOf, streamOf } from '@kreki/runtime/events/subjects';
import { connect, NatsError } from 'nats';
import { serviceNames, services } from '../topology.ts';

const { name, natsUrl } = readEnvironment(process.env, {
  name: oneOf('SERVICE_NAME', serviceNames),
  natsUrl: secretUrl('NATS_URL'),
});
const connection = await connect({ ...serversOf(natsUrl), name: 'read-again', inboxPrefix: inboxOf(name) });
const { consumers } = await connection.jetstreamManager({ checkAPI: false });
for (const { from, durable } of services[name].consumes) {
  // Its reader makes it again, within a second or so, and at the beginning.
  const found = await consumers.delete(streamOf(from), durable).catch((error: unknown) => {
    if (error instanceof NatsError && error.api_error?.code === 404) return false;
    throw error;
  });
  console.log(`${durable}: ${found ? 'reads' : 'was not there, and reads'} ${streamOf(from)} from the beginning`);
}
await connection.close();
