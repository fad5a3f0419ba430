import type { Client } from '@connectrpc/connect';
import type { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { Place } from './press.ts';

/** Greater Jakarta. */
const AREA = { south: -6.36, north: -6.1, west: 106.7, east: 106.96 };
const SAMPLES = 40;
const SCATTER_DEGREES = 0.003;

const between = (low: number, high: number) => low + Math.random() * (high - low);

/** Makes places where people live, judged by where volunteers are: within about 300 m of one. */
export async function placesNearVolunteers(dispatcher: Client<typeof EmergencyService>): Promise<() => Place> {
  const found = new Map<string, Place>();
  for (let sample = 0; sample < SAMPLES; sample++) {
    const location = { latitude: between(AREA.south, AREA.north), longitude: between(AREA.west, AREA.east) };
    const { volunteers } = await dispatcher.findNearbyVolunteers({ location, radiusMeters: 5_000, limit: 100 });
    for (const { volunteerId, position } of volunteers) {
      if (position?.location) found.set(volunteerId, position.location);
    }
  }
  const places = [...found.values()];
  if (places.length === 0) throw new Error('no volunteer is on duty: is the mesh seeded?');
  return () => {
    const { latitude, longitude } = places[Math.floor(Math.random() * places.length)] ?? AREA_MIDDLE;
    const scatter = () => between(-SCATTER_DEGREES, SCATTER_DEGREES);
    return { latitude: latitude + scatter(), longitude: longitude + scatter() };
  };
}

const AREA_MIDDLE: Place = { latitude: (AREA.south + AREA.north) / 2, longitude: (AREA.west + AREA.east) / 2 };
