import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '@kreki/runtime/log';
import { createLane } from '../delivery/lane.ts';
import { unlimited } from '../delivery/rate-limit.ts';
import { until } from './world.ts';

/** A lane over a queue in memory, whose messages stay on their way until they are let go. */
function laneOver(queue: string[], concurrency: number) {
  const underway = new Map<string, () => void>();
  const sent: string[] = [];
  const lane = createLane<string>({
    name: 'tested',
    concurrency,
    pollMs: 60_000,
    limit: unlimited,
    reserve: 0,
    held: () => false,
    claim: async (count) => queue.splice(0, count),
    async deliver(item) {
      await new Promise<void>((done) => underway.set(item, done));
      underway.delete(item);
      sent.push(item);
    },
    log: createLogger('lane', 'silent'),
  });
  return { lane, underway, sent, letGo: (item: string) => underway.get(item)?.() };
}

describe('a lane', () => {
  it('gives no more places than it has to what goes out at once', () => {
    const { lane, underway } = laneOver([], 3);
    const first = lane.reserve(2);
    const second = lane.reserve(2);
    assert.deepEqual([first?.count, second?.count], [2, 1]);
    assert.equal(lane.reserve(1), undefined);
    first?.use(['a']);
    assert.deepEqual([...underway.keys()], ['a']);
    // One of its places was left.
    assert.equal(lane.reserve(5)?.count, 1);
  });

  it('claims what came while all places were taken as soon as some are free, and gives none away before', async (t) => {
    const queue: string[] = [];
    const { lane, underway, sent, letGo } = laneOver(queue, 2);
    t.after(() => lane.stop());
    lane.reserve(2)?.use(['a', 'b']);
    lane.start();
    queue.push('c', 'd', 'e');
    lane.wake();
    // Its next poll would be in a minute.
    letGo('a');
    await until(() => underway.has('c'));
    assert.equal(lane.reserve(1), undefined);
    for (const item of ['b', 'c', 'd', 'e']) {
      await until(() => underway.has(item));
      letGo(item);
    }
    await until(() => sent.length === 5);
    const places = await until(() => lane.reserve(1));
    places.use([]);
  });

  it('that stops waits for what has places, and gives no more', async () => {
    const { lane, underway, sent, letGo } = laneOver([], 2);
    const places = lane.reserve(1);
    lane.start();
    const stopped = lane.stop();
    assert.equal(lane.reserve(1), undefined);
    places?.use(['a']);
    await until(() => underway.has('a'));
    letGo('a');
    await stopped;
    assert.deepEqual(sent, ['a']);
  });
});
