import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosEnvironment } from '../environment/environment.ts';
import { countWebhooks } from './gather.ts';
import { countUnsent, countWaiting } from './read/databases.ts';
import { findUnhealthy, readLinks } from './read/machine.ts';
import { countUnhandled } from './read/streams.ts';

const POLL_MS = 1_000;

/** Waits until nothing is under way any more; in words what still is when time is up. */
export async function settle(
  environment: ChaosEnvironment,
  withinMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const left = await underWay(environment).catch((error: Error) => error.message);
    if (left === '' || Date.now() > untilMs) return left || undefined;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function underWay(environment: ChaosEnvironment): Promise<string> {
  const { postgres, nats } = environment.up.urls;
  const links = await readLinks(environment);
  const counts: readonly (readonly [string, number])[] = [
    ['parts that do not answer', (await findUnhealthy(environment)).length],
    ['events in outboxes', await countWaiting(postgres)],
    ['events unhandled', await countUnhandled(nats)],
    ['messages unsent', await countUnsent(postgres)],
    ['webhooks', await countWebhooks(environment.up.mesh.simulatorsUrl)],
    ['dead connections', links.reduce((sum, { dangling, forgotten }) => sum + dangling + forgotten, 0)],
  ];
  return counts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
