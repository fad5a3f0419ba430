import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OffersMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import fc from 'fast-check';
import { offersMade } from '../alerts/emergency-alerts.ts';
import { type PushInput, pushMessage } from '../templates/push.ts';
import { textOf } from '../templates/texts.ts';
import { whatsappTemplate } from '../templates/whatsapp.ts';
import { distanceText, roundDistance } from '../templates/words.ts';

const now = new Date('2026-11-21T07:00:00Z');
const event = create(OffersMadeSchema, {
  emergencyId: 'e-1',
  offers: [{ offerId: 'o-1', volunteerId: 'v-1', distanceMeters: 312.4 }],
  severity: Severity.CRITICAL,
  category: Category.CARDIAC_ARREST,
  area: 'Gambir',
  expireTime: timestampFromDate(new Date(now.getTime() + 30_000)),
});
const alert = offersMade(event);
const [{ content } = assert.fail('an offer has a recipient')] = alert.recipients;
const input = (platform: Platform): PushInput => ({
  notificationId: 'n-1',
  emergencyId: 'e-1',
  content,
  critical: true,
  platform,
  language: 'id',
  now,
  expireTime: alert.expireTime ?? null,
});

describe('what people read', () => {
  it('an alert says how bad, how far and where about, in both languages', () => {
    assert.match(textOf(content, 'id').body, /^Kritis: .* 300 m dari Anda, di sekitar Gambir/);
    assert.match(textOf(content, 'en').body, /^Critical: .* 300 m from you, around Gambir/);
  });

  it('nothing of health, identity or the exact distance is in a push', () => {
    for (const platform of [Platform.ANDROID, Platform.IOS, Platform.WEB]) {
      const text = JSON.stringify(pushMessage(input(platform)));
      assert.doesNotMatch(text, /cardiac|category|312|v-1|name/i);
    }
  });

  it('a critical push for Android is urgent, replaces itself by its tag, and dies with the offer', () => {
    const { android, data } = pushMessage(input(Platform.ANDROID));
    assert.equal(android?.priority, 'high');
    assert.equal(android?.ttl, 30_000);
    assert.equal(android?.notification?.tag, 'offer-o-1');
    assert.equal(android?.notification?.channelId, 'emergency');
    assert.equal(data?.notification_id, 'n-1');
    assert.equal(data?.offer_id, 'o-1');
    assert.equal(data?.distance_meters, '300');
  });

  it('a critical push for iOS is time-sensitive and expires with the offer', () => {
    const { apns } = pushMessage(input(Platform.IOS));
    assert.equal(apns?.headers?.['apns-priority'], '10');
    assert.equal(apns?.headers?.['apns-collapse-id'], 'offer-o-1');
    assert.equal(apns?.headers?.['apns-expiration'], String(now.getTime() / 1_000 + 30));
    assert.equal(apns?.payload?.aps['interruption-level'], 'time-sensitive');
  });

  it('a closed offer shows nothing, and names the alert that the app takes away', () => {
    const content = { kind: 'offer_closed', offerId: 'o-1', reason: 'withdrawn' } as const;
    const message = pushMessage({ ...input(Platform.ANDROID), content, critical: false });
    assert.equal(message.android?.notification, undefined);
    assert.equal(message.data?.tag, 'offer-o-1');
  });

  it('the WhatsApp offer has its three parameters and a payload on each button', () => {
    const template = whatsappTemplate(content, 'e-1', 'en');
    assert.deepEqual(template?.components, [
      { type: 'body', parameters: ['Critical', '300 m', 'Gambir'].map((text) => ({ type: 'text', text })) },
      {
        type: 'button',
        sub_type: 'quick_reply',
        index: '0',
        parameters: [{ type: 'payload', payload: 'accept:e-1' }],
      },
      {
        type: 'button',
        sub_type: 'quick_reply',
        index: '1',
        parameters: [{ type: 'payload', payload: 'decline:e-1' }],
      },
    ]);
  });

  it('no area is too odd for a WhatsApp parameter', () => {
    fc.assert(
      fc.property(fc.string(), (area) => {
        const content = { kind: 'emergency_offer', offerId: 'o', severity: 'normal', distanceMeters: 1, area } as const;
        const [body] = whatsappTemplate(content, 'e', 'id')?.components ?? [];
        for (const parameter of body?.parameters ?? []) {
          assert.ok('text' in parameter && parameter.text !== '' && !/[\n\t]| {5}/.test(parameter.text));
        }
      }),
    );
  });

  it('distances are rounded to 50 m, and to 100 m from a kilometre on', () => {
    assert.deepEqual([0, 74, 312, 974, 1_049, 1_960].map(roundDistance), [50, 50, 300, 950, 1_000, 2_000]);
    assert.equal(distanceText(1_234, 'id'), '1,2 km');
    assert.equal(distanceText(1_234, 'en'), '1.2 km');
  });
});
