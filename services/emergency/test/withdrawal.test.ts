import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { CancelReason, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { until } from './until.ts';
import { found, type Person, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('withdrawal');
});
after(() => w?.mesh.stop());
beforeEach(() => w.around.clear());

/** A critical emergency with two responders. */
async function assigned() {
  const ids = w.around.place([50, 60]);
  const { id, citizen } = await w.press({ description: 'Bapak, 61 tahun, nyeri dada' });
  await until(async () => (await w.asked(id)).length === 2);
  for (const volunteerId of ids) await w.accept(id, volunteerId);
  const [first, second] = await Promise.all(ids.map((volunteerId) => w.person('volunteer', volunteerId)));
  return { id, citizen, first: first as Person, second: second as Person };
}

const withdraw = ({ client }: Person, id: string) => client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });

test('who withdraws sees no more than before accepting, by whatever call', async () => {
  const { id, first } = await assigned();
  const answers = [await withdraw(first, id), await withdraw(first, id), await first.client.get({ id })];
  for (const { emergency } of answers) {
    assert.equal(emergency?.locationApproximate, true);
    assert.equal(emergency?.description, '');
    assert.deepEqual(emergency?.responses, []);
  }
  const accept = first.client.respond({ id, decision: Decision.ACCEPT });
  assert.equal(await refusal(accept), 'FailedPrecondition OFFER_CLOSED');
  assert.equal(await refusal(first.client.complete({ id })), 'FailedPrecondition INVALID_TRANSITION');
});

test('a responder whose emergency is called off sees that and why, and is free', async () => {
  const { id, citizen, first, second } = await assigned();
  const reason = CancelReason.FALSE_ALARM;
  const watched = (async () => {
    const seen = [];
    for await (const { emergency } of second.client.watch({ id })) seen.push(found(emergency));
    return seen;
  })();
  await withdraw(first, id);
  await citizen.client.cancel({ id, reason });
  assert.equal((await watched).at(-1)?.cancelReason, reason);
  const { emergency } = await second.client.get({ id });
  assert.equal(emergency?.cancelReason, reason);
  assert.equal(emergency?.locationApproximate, false);
  assert.equal(emergency?.ownOffer?.status, OfferStatus.ACCEPTED);

  const next = await w.press();
  await until(async () => (await w.asked(next.id)).includes(second.id));
  await w.accept(next.id, second.id);
});
