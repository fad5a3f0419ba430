import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { EmergencyService, TriggerPanicRequestSchema } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { pathOf } from '@kreki/runtime/rpc/rules';
import type pg from 'pg';
import type { Mesh } from '../../mesh/local/mesh.ts';
import type { Load } from '../generator/order.ts';
import { CLOSE_ALL } from './close-all.ts';

/** On the sea between the islands: presses are measured, and not messages to volunteers. */
export const NOWHERE = { latitude: -5.2, longitude: 110.2 };
/** Twice as many as the tokens that are remembered once verified: those of people who press are not among them. */
export const PEOPLE = 40_000;

/**
 * A press over the edge, by each protocol.
 * @param people file with who presses
 */
export function pressLoads({ edgeUrl, h2cUrl }: Pick<Mesh, 'edgeUrl' | 'h2cUrl'>, people: string, location = NOWHERE) {
  const message = create(TriggerPanicRequestSchema, { location });
  const binary = Buffer.from(toBinary(TriggerPanicRequestSchema, message)).toString('base64');
  const json = Buffer.from(toJsonString(TriggerPanicRequestSchema, message)).toString('base64');
  const path = pathOf(EmergencyService.method.triggerPanic);
  const connect = { 'content-type': 'application/proto', 'connect-protocol-version': '1' };
  const rest = { 'content-type': 'application/json' };
  return {
    Connect: { over: 'http1', url: edgeUrl, path, headers: connect, bodies: [binary], people },
    REST: { over: 'http1', url: edgeUrl, path: '/api/emergency/panic', headers: rest, bodies: [json], people },
    gRPC: { over: 'grpc', url: h2cUrl, path, headers: {}, bodies: [binary], people },
  } as const satisfies Record<string, Load>;
}

/**
 * Closes every open emergency.
 * @throws Error when they are fewer than the presses that were acknowledged: some were lost, or the load repeats somebody's press
 */
export async function closePresses(database: pg.Pool, acknowledged: number): Promise<void> {
  const { rowCount } = await database.query(CLOSE_ALL);
  if ((rowCount ?? 0) >= acknowledged) return;
  throw new Error(`${acknowledged} presses were acknowledged, ${rowCount} are on record`);
}
