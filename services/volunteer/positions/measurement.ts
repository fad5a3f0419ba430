import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Location } from '@kreki/gen/kreki/common/v1/geo_pb.js';

/** Where a volunteer's phone was, once. */
export interface Measurement {
  readonly volunteerId: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyMeters: number;
  /** Unix time in milliseconds. */
  readonly measuredAtMs: number;
}

/** What became of a measurement. A volunteer without a profile has no position to write. */
export type Outcome = 'stored' | 'superseded' | 'no-profile';

/** Reads a measurement out of a request whose contract has been checked. */
export function measurementOf(
  volunteerId: string,
  request: { readonly location?: Location | undefined; readonly measureTime?: Timestamp | undefined },
): Measurement {
  if (!request.location) throw new TypeError('a checked request has a location');
  const { latitude, longitude, accuracyMeters } = request.location;
  const measuredAtMs = request.measureTime ? timestampMs(request.measureTime) : Date.now();
  // As it is stored: PostgreSQL refuses a number that is smaller than a float4 can be, and with it the batch of many.
  return { volunteerId, latitude, longitude, accuracyMeters: Math.fround(accuracyMeters), measuredAtMs };
}
