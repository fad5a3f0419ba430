import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { UserRegisteredSchema, UserUpdatedSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import {
  EmergencyCompletedSchema,
  EmergencyEscalatedSchema,
  OffersClosedSchema,
  ResponderAcceptedSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { OfferStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Channel, DeliveryStatus, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { PHONE } from '../contacts/personal-data.ts';
import { offerTo } from './offers.ts';
import { until, type World, world } from './world.ts';

describe('what an event tells whom', () => {
  let here: World;
  before(async () => {
    here = await world('notification_dispatch');
  });
  after(() => here.mesh.stop());

  const deliveriesOf = async (userId: string) => {
    const admin = await here.client({ permissions: ['deliveries:read'] });
    return (await admin.listDeliveries({ userId })).deliveries;
  };

  const contactOf = async (userId: string) => {
    const { rows } = await here.pool.query('SELECT * FROM contact WHERE user_id = $1', [userId]);
    return rows[0];
  };

  it('an offer reaches the phone by push and WhatsApp, once however often the event is delivered', async () => {
    const ani = await here.somebody({ locale: Locale.EN });
    await until(async () => (await contactOf(ani.userId))?.fetch_time);
    const { emergencyId, event } = await offerTo(here, ani.userId);
    await here.events.repeat(event);
    await until(async () => (await here.messages(ani.token)).length > 0);
    await here.events.repeat(event);
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
    // An event behind the repeated ones has been handled, hence they have been.
    const budi = await here.somebody();
    await offerTo(here, budi.userId, { emergencyId });
    await until(async () => (await here.messages(budi.token)).length > 0);

    const [push, ...morePushes] = await here.messages(ani.token);
    assert.equal(morePushes.length, 0);
    assert.equal(push?.deliveries, 1);
    assert.equal(push?.data.emergency_id, emergencyId);
    assert.match(push?.body ?? '', /Critical.*300 m.*Gambir/);
    const bubbles = (await here.messages(ani.phone)).filter((one) => one.channel === 'whatsapp');
    assert.equal(bubbles.length, 1);
    assert.deepEqual(
      bubbles[0]?.buttons?.map((one) => one.payload),
      [`accept:${emergencyId}`, `decline:${emergencyId}`],
    );
    const { notifications } = await (await here.client({ userId: ani.userId })).listNotifications({});
    assert.equal(notifications.length, 1);
    assert.equal(notifications[0]?.topic, Topic.OFFER);
  });

  it('an offer whose event is not known as handled any more, but whose notification is there, is not sent again', async () => {
    const ani = await here.somebody();
    const { emergencyId, event } = await offerTo(here, ani.userId);
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
    await here.pool.query('DELETE FROM inbox WHERE event_id = $1', [event.id]);
    await here.events.repeat(event);
    const budi = await here.somebody();
    await offerTo(here, budi.userId, { emergencyId });
    await until(async () => (await here.messages(budi.phone)).some((one) => one.channel === 'whatsapp'));
    const [push] = await here.messages(ani.token);
    assert.equal(push?.deliveries, 1);
    assert.equal((await here.messages(ani.phone)).filter((one) => one.channel === 'whatsapp').length, 1);
  });

  it('an event that cannot be handled costs those beside it nothing, and none of them is sent twice', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => here.somebody()));
    // What is no UUID cannot be stored: the event fails whenever it is tried, and whatever shares its transaction fails with it.
    const bad = offerTo(here, people[0]?.userId ?? '', { emergencyId: 'nowhere' });
    const good = people.map(({ userId }) => offerTo(here, userId));
    await Promise.all([...good.slice(0, 6), bad, ...good.slice(6)]);
    for (const { phone } of people) {
      await until(async () => (await here.messages(phone)).some((one) => one.channel === 'whatsapp'));
    }
    const { rows } = await until(async () => {
      const found = await here.pool.query('SELECT status, attempts FROM delivery WHERE user_id = ANY ($1)', [
        people.map(({ userId }) => userId),
      ]);
      return found.rows.every(({ status }) => status >= DeliveryStatus.SENT) && found;
    });
    assert.deepEqual(new Set(rows.map(({ attempts }) => attempts)), new Set([1]));
    assert.equal(rows.length, 24);
    for (const { phone, token } of people) {
      assert.equal((await here.messages(phone)).filter((one) => one.channel === 'whatsapp').length, 1);
      assert.deepEqual(
        (await here.messages(token)).map((one) => one.deliveries),
        [1],
      );
    }
  });

  it('a withdrawn offer is taken off the phone by its tag; a declined one says nothing', async () => {
    const ani = await here.somebody();
    const budi = await here.somebody();
    const [first, second] = [await offerTo(here, ani.userId), await offerTo(here, budi.userId)];
    const close = (offer: typeof first, volunteerId: string, status: OfferStatus) =>
      here.events.publish(
        OffersClosedSchema,
        { emergencyId: offer.emergencyId, offers: [{ offerId: offer.offerId, volunteerId, status }] },
        offer.emergencyId,
      );
    await close(second, budi.userId, OfferStatus.DECLINED);
    await close(first, ani.userId, OfferStatus.WITHDRAWN);
    const closing = await until(async () =>
      (await here.messages(ani.token)).find((one) => one.data.type === 'offer_closed'),
    );
    assert.equal(closing.data.tag, `offer-${first.offerId}`);
    assert.equal((await here.messages(budi.token)).filter((one) => one.data.type === 'offer_closed').length, 0);
    assert.equal((await here.messages(ani.phone)).filter((one) => one.data.template === 'offer_withdrawn').length, 0);
  });

  it('an offer whose time is over is not sent late', async () => {
    const ani = await here.somebody();
    await offerTo(here, ani.userId, { expireTime: timestampFromDate(new Date(Date.now() - 1)) });
    const skipped = await until(async () => {
      const deliveries = await deliveriesOf(ani.userId);
      return deliveries.length === 2 && deliveries.every((one) => one.status === DeliveryStatus.SKIPPED) && deliveries;
    });
    assert.deepEqual(new Set(skipped.map((one) => one.error)), new Set(['EXPIRED']));
    assert.equal((await here.messages(ani.token)).length, 0);
  });

  it('the requester hears who comes, without a name in the push', async () => {
    const siti = await here.somebody();
    const accepted = {
      emergencyId: randomUUIDv7(),
      volunteerId: randomUUIDv7(),
      requesterId: siti.userId,
      responderName: 'Budi Santoso',
      distanceMeters: 120,
    };
    await here.events.publish(ResponderAcceptedSchema, accepted, accepted.emergencyId);
    const push = await until(async () => (await here.messages(siti.token))[0]);
    assert.equal(push.title, 'Bantuan berangkat');
    assert.doesNotMatch(JSON.stringify(push), /Budi/);
  });

  it('coordinators get an escalation by push, WhatsApp and e-mail', async () => {
    const rina = await here.somebody();
    const escalated = {
      emergencyId: randomUUIDv7(),
      coordinatorIds: [rina.userId],
      regency: 'Jakarta Pusat',
      severity: Severity.URGENT,
    };
    await here.events.publish(EmergencyEscalatedSchema, escalated, escalated.emergencyId);
    await until(async () => (await here.messages(rina.token)).length === 1);
    await until(async () => (await here.messages(rina.phone)).some((one) => one.channel === 'whatsapp'));
    const mail = await until(async () => (await here.messages(rina.email))[0]);
    assert.match(mail.body, /Mendesak.*Jakarta Pusat/);
    assert.match(mail.body, new RegExp(escalated.emergencyId));
  });

  it('a muted topic keeps a normal push back but not out of the inbox; an offer comes all the same', async () => {
    const ani = await here.somebody();
    const client = await here.client({ userId: ani.userId });
    const preferences = { mutedChannels: [Channel.PUSH, Channel.WHATSAPP], mutedTopics: [Topic.OFFER] };
    await client.updatePreferences({ preferences });
    const emergencyId = randomUUIDv7();
    const completed = { emergencyId, requesterId: randomUUIDv7(), responderIds: [ani.userId] };
    await here.events.publish(EmergencyCompletedSchema, completed, emergencyId);
    await offerTo(here, ani.userId, { emergencyId });
    await until(async () => (await here.messages(ani.token)).some((one) => one.data.type === 'emergency_offer'));
    await until(async () => (await here.messages(ani.phone)).some((one) => one.channel === 'whatsapp'));
    assert.equal((await here.messages(ani.token)).length, 1);
    const muted = (await deliveriesOf(ani.userId)).filter((one) => one.status === DeliveryStatus.SKIPPED);
    assert.deepEqual(
      muted.map((one) => one.error),
      ['MUTED'],
    );
    assert.equal((await client.listNotifications({})).notifications.length, 2);
  });

  it('whoever registers is welcomed by mail, in their language, at the address of the last change', async () => {
    const ani = await here.somebody({ locale: Locale.EN, device: false });
    await here.events.publish(UserRegisteredSchema, { userId: ani.userId, role: 'public' }, ani.userId);
    const mail = await until(async () => (await here.messages(ani.email))[0]);
    assert.equal(mail.title, 'Welcome to KREKI');
    here.directory.add({ ...ani, phone: '+6281399999999', fullName: 'Ani', locale: Locale.ID });
    await here.events.publish(UserUpdatedSchema, { userId: ani.userId }, ani.userId);
    await until(async () => {
      const { phone_sealed } = (await contactOf(ani.userId)) ?? {};
      return phone_sealed && here.personalData.open(PHONE, ani.userId, phone_sealed) === '+6281399999999';
    });
  });
});
