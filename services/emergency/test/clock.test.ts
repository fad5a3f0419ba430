import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EmergencyStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { setClock } from '@kreki/runtime/testing/clock';
import { until } from './until.ts';
import { refusal, type World, world } from './world.ts';

const HOUR_MS = 3_600_000;

let w: World;
before(async () => {
  w = await world('clock', { DISPATCH_OFFER_TIMEOUT: '2s', DISPATCH_CHECK_OFFERS: '500ms' });
});
after(() => w?.mesh.stop());

for (const [what, byMs] of Object.entries({
  'two hours ahead': 2 * HOUR_MS,
  'two hours back': -2 * HOUR_MS,
  'a second back': -1_000,
})) {
  test(`a clock that is set ${what} costs no press, no offer and no answer`, async () => {
    const ids = w.around.place([40, 80, 120]);
    const before = await w.press({ severity: Severity.URGENT });
    const states = w.dispatcher.client.watch({ id: before.id })[Symbol.asyncIterator]();
    await states.next();
    const clock = setClock(byMs);
    try {
      const after = await w.press({ severity: Severity.URGENT });
      for (const { id } of [before, after]) {
        const asked = await until(async () => {
          const found = await w.asked(id);
          return found.length > 0 && found;
        });
        assert.ok(asked.every((volunteer) => ids.includes(volunteer)));
      }
      const [volunteer = ''] = await w.asked(before.id);
      assert.equal((await w.accept(before.id, volunteer)).status, EmergencyStatus.ASSIGNED);
      for (let status: EmergencyStatus | undefined; status !== EmergencyStatus.ASSIGNED; ) {
        const { value, done } = await states.next();
        assert.ok(!done, 'its watcher goes on being told');
        status = value.emergency?.status;
      }
      assert.equal(await refusal(w.dispatcher.client.listActive({}, { timeoutMs: 5_000 })), 'answered');
      const EXPIRED = `SELECT extract(epoch FROM closed_at - offered_at)::float8 AS seconds FROM offers
                       WHERE emergency_id = $1 AND status = 4`;
      const expired = await until(async () => {
        const { rows } = await w.pool.query<{ seconds: number }>(EXPIRED, [after.id]);
        return rows.length > 0 && rows;
      }, 30_000);
      assert.ok(
        expired.every(({ seconds }) => seconds >= 2),
        "the time of an offer is the database's",
      );
      const { rows } = await w.pool.query<{ ms: number }>(
        'SELECT ms FROM acknowledgements WHERE ms NOT BETWEEN 0 AND 60000',
      );
      assert.deepEqual(rows, []);
    } finally {
      clock.restore();
      await states.return?.();
      w.around.clear();
    }
  });
}
