import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { startChild } from '../child.ts';
import { withCpu } from '../cpu.ts';
import { at, figuresOf } from '../harness/latencies.ts';
import type { Sample, Subject } from '../harness/sample.ts';
import type { Outcome, Pressed, Question } from '../load/driver.ts';
import { CLOSE_ALL } from './close-all.ts';
import { rest, sampleOf } from './loaded.ts';
import { signIn } from './people.ts';
import { seedContacts, seedVolunteers } from './volunteers-with-phones.ts';
import type { Workload } from './workload.ts';

const WARM_UP_SECONDS = 5;
const WARM_UP_RATE = 20;
/** Rates in presses a second. */
const FULL = { rates: [20, 100], volunteers: 100_000, seconds: 120, reachedWithinMs: 30_000 };
const QUICK = { rates: [20], volunteers: 10_000, seconds: 3, reachedWithinMs: 10_000 };
const TARGET_MS = 1_000;

/** From the press over the edge to the push on the simulator's phone, each emergency followed until it is completed. */
export const phone: Workload = async ({ own, options }) => {
  const { rates, volunteers, seconds, reachedWithinMs } = options.quick ? QUICK : FULL;
  console.log(`\nphone: adding ${volunteers.toLocaleString('en')} volunteers with phones …`);
  await seedVolunteers(own, volunteers);
  const pressing = WARM_UP_RATE * WARM_UP_SECONDS + rates.reduce((sum, rate) => sum + rate * seconds, 0);
  const ids = Array.from({ length: pressing }, () => randomUUID());
  await seedContacts(own, ids);
  const people = await signIn(own, 'public', ids);
  const [dispatcher] = await signIn(own, 'dispatcher', [randomUUID()]);
  const database = new pg.Pool({ connectionString: own.mesh.databaseUrls.emergency, max: 1 });
  const driver = startChild('load/driver.ts');
  const ask = <Answer>(question: Question) => driver.ask<Answer>(question);
  const pressUntilAtRest = async (perSecond: number, forSeconds: number): Promise<Pressed> => {
    const pressed = await ask<Pressed>({
      mission: {
        edgeUrl: own.mesh.edgeUrl,
        simulatorsUrl: own.mesh.simulatorsUrl,
        dispatcherToken: dispatcher?.token ?? '',
        people: people.splice(0, perSecond * forSeconds),
        perSecond,
        reachedWithinMs,
      },
    });
    // Only those that reached nobody in time are still open.
    await database.query(CLOSE_ALL);
    await rest(own.processes());
    return pressed;
  };
  const press = async (perSecond: number, forSeconds: number): Promise<Sample> => {
    const { outcome, cpu } = await withCpu(own.processes, () => pressUntilAtRest(perSecond, forSeconds));
    return sampleFrom(outcome, await ask<Outcome>({ audit: true }), cpu);
  };
  const subject = (perSecond: number, index: number): Subject => ({
    name: nameOf(perSecond),
    async measure(turn) {
      if (turn > 0) return press(perSecond, seconds);
      // Once is enough.
      return index === 0 ? press(WARM_UP_RATE, WARM_UP_SECONDS) : { figures: {} };
    },
  });
  return {
    subjects: rates.map(subject),
    rounds: 1,
    turns: { length: `${seconds} s`, latency: 'from the intended moment of a press to its first push on a phone' },
    targets: rates.map((perSecond) => ({ subject: nameOf(perSecond), figure: 'p99Ms', below: TARGET_MS })),
    notes: [
      `${volunteers.toLocaleString('en')} volunteers with phones over Jakarta’s districts. Each press is somebody else’s, near a volunteer, over the edge (Connect over HTTP/1.1), at its intended moment whether or not the mesh keeps up. Up to seven volunteers are offered it by push and by WhatsApp, two accept by WhatsApp after two seconds, the others’ offers are withdrawn, a dispatcher completes it after four more: that work goes on beside the presses.`,
      `p50 and p99 are of the first push. The parts are reckoned from the intended moment too: when the press was acknowledged, when dispatch made its first offers, when the first push and the first WhatsApp message arrived. Every press is audited: acknowledged, offered, received, nothing twice; what does not hold counts as failed, so does a press that reached no phone within ${reachedWithinMs / 1_000} s.`,
      '“Phones reached” is the rate that was achieved: presses whose push came, from the first press to the last push. Below the rate that was intended, the mesh and its simulated providers and phones, on the same processors, did not keep up, and the latency is that of a queue that grew.',
      'The floor is the sum of its parts; there is none beside it.',
    ],
    close: async () => {
      driver.stop();
      await database.end();
    },
  };
};

const nameOf = (perSecond: number) => `${perSecond} presses/s`;

function sampleFrom(pressed: Pressed, outcome: Outcome, cpu: ReadonlyMap<string, number>): Sample {
  const { since, calls, errors, reachedPerSecond } = outcome;
  const { seconds, cpuSeconds } = pressed;
  const { figures, cpuMicros } = sampleOf({ calls, seconds, cpuSeconds, errors }, cpu);
  const { cpuMicros: cpuOfCall = 0, generatorCores = 0 } = figures;
  const parts = Object.entries(since).flatMap(([part, latency]) => [
    [`p50Ms of ${part}`, at(latency, 50)],
    [`p99Ms of ${part}`, at(latency, 99)],
  ]);
  const [acknowledged, offered, push] = [since.acknowledged, since.offered, since.push].map((each) => at(each, 50));
  return {
    figures: {
      calls,
      reachedPerSecond,
      ...figuresOf(since.push),
      cpuMicros: cpuOfCall,
      generatorCores,
      ...Object.fromEntries(parts),
    },
    latency: since.push,
    ...(cpuMicros && { cpuMicros }),
    stagesMs: stagesOf(acknowledged ?? 0, offered ?? 0, push ?? 0),
    errors,
  };
}

/** Dispatch begins with the commit, so that the offers may be made before the answer has arrived. */
function stagesOf(acknowledgedMs: number, offeredMs: number, pushMs: number): Record<string, number> {
  const offers = Math.max(acknowledgedMs, offeredMs);
  return {
    acknowledged: acknowledgedMs,
    offered: offers - acknowledgedMs,
    'on the phone': Math.max(0, pushMs - offers),
  };
}
