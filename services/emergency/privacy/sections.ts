import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { DispatchDecisionSchema } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { EmergencySchema, OfferSchema, ResponseSchema } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Database } from '@kreki/runtime/database/database';
import { everyRow, json, type Section } from '@kreki/runtime/privacy/holdings';
import { emergencyMessage, offerMessage, responseMessage } from '../emergencies/message.ts';
import { emergenciesOf } from '../store/emergencies.ts';
import { decisionsOn, offersToPerson, regenciesOf, responsesOf } from '../store/personal-data.ts';

/** What this service holds of people. */
export const sections = (database: Database): Section[] => [
  {
    name: 'emergency.emergency',
    title: { id: 'Keadaan darurat yang Anda laporkan', en: 'Emergencies you reported' },
    columns: ['emergencies.requester_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: string | undefined, limit) => emergenciesOf(database, userId, after, limit),
        ({ id }) => id,
      );
      for await (const state of rows) yield json(EmergencySchema, emergencyMessage(state, 'requester'));
    },
  },
  {
    name: 'emergency.offer',
    title: { id: 'Permintaan bantuan kepada Anda', en: 'Requests for your help' },
    columns: ['offers.volunteer_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: string | undefined, limit) => offersToPerson(database, userId, after, limit),
        ({ id }) => id,
      );
      for await (const { emergencyId, ...offer } of rows)
        yield { emergencyId, ...json(OfferSchema, offerMessage(offer)) };
    },
  },
  {
    name: 'emergency.response',
    title: { id: 'Bantuan yang Anda berikan', en: 'Your responses' },
    columns: ['responses.volunteer_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: string | undefined, limit) => responsesOf(database, userId, after, limit),
        ({ emergencyId }) => emergencyId,
      );
      for await (const { emergencyId, ...response } of rows) {
        yield { emergencyId, ...json(ResponseSchema, responseMessage(response)) };
      }
    },
  },
  {
    name: 'emergency.dispatch_decision',
    title: { id: 'Keputusan pengerahan tentang Anda', en: 'Decisions of dispatch about you' },
    columns: ['dispatch_decisions.volunteer_id'],
    async *read(userId) {
      const rows = everyRow(
        (after: number | undefined, limit) => decisionsOn(database, userId, after, limit),
        ({ seq }) => seq,
      );
      for await (const { emergencyId, seq: _, decidedAt, volunteerId, ...decision } of rows) {
        const decideTime = timestampFromDate(decidedAt);
        const message = { ...decision, decideTime, volunteerId: volunteerId ?? '' };
        yield { emergencyId, ...json(DispatchDecisionSchema, message) };
      }
    },
  },
  {
    name: 'emergency.coordinator',
    title: { id: 'Wilayah PSC 119 yang Anda koordinasikan', en: 'PSC 119 regions you coordinate' },
    columns: ['coordinators.user_id'],
    async *read(userId) {
      yield* await regenciesOf(database, userId);
    },
  },
];
