/** The panic as the mesh's REST has it: its enumerations, its limits and its answer. */
import type { EmergencyRow } from './presses.ts';

export const severities = {
  SEVERITY_UNSPECIFIED: 0,
  SEVERITY_CRITICAL: 1,
  SEVERITY_URGENT: 2,
  SEVERITY_NORMAL: 3,
} as const;

export const categories = {
  CATEGORY_UNSPECIFIED: 0,
  CATEGORY_CARDIAC_ARREST: 1,
  CATEGORY_TRAUMA: 2,
  CATEGORY_MEDICAL: 3,
  CATEGORY_FIRE: 4,
  CATEGORY_TRAFFIC_ACCIDENT: 5,
  CATEGORY_DISASTER: 6,
  CATEGORY_OTHER: 7,
} as const;

const statuses = [
  'EMERGENCY_STATUS_UNSPECIFIED',
  'EMERGENCY_STATUS_PENDING',
  'EMERGENCY_STATUS_ASSIGNED',
  'EMERGENCY_STATUS_RESPONDING',
  'EMERGENCY_STATUS_COMPLETED',
  'EMERGENCY_STATUS_CANCELLED',
];

export const LIMITS = { latitude: 90, longitude: 180, accuracyMeters: 100_000, description: 2_000 } as const;
/** What a token must grant. */
export const PERMISSION = 'emergencies:create';

export interface PanicRequest {
  readonly location: { readonly latitude: number; readonly longitude: number; readonly accuracyMeters?: number };
  readonly severity?: keyof typeof severities;
  readonly category?: keyof typeof categories;
  readonly description?: string;
  /** UUID by which a repeat is known. */
  readonly requestId?: string;
}

const nameIn = (names: Readonly<Record<string, number>>, value: number): string | undefined =>
  Object.keys(names).find((name) => names[name] === value);

/** What a press is answered with. */
export const panicAnswer = (row: EmergencyRow) => ({
  emergency: {
    id: row.id,
    requesterId: row.requesterId,
    location: { latitude: row.latitude, longitude: row.longitude, accuracyMeters: row.accuracyMeters },
    severity: nameIn(severities, row.severity),
    category: nameIn(categories, row.category),
    description: row.description,
    status: statuses[row.status],
    respondersNeeded: row.respondersNeeded,
    searchRadiusMeters: row.searchRadiusMeters,
    version: String(row.version),
    createTime: row.createdAt.toISOString(),
  },
});

export type PanicAnswer = ReturnType<typeof panicAnswer>;

/** What others are told of a press. */
export const emergencyRequested = (row: EmergencyRow) => ({
  emergencyId: row.id,
  requesterId: row.requesterId,
  severity: row.severity,
  category: row.category,
  requestTime: row.receivedAt.toISOString(),
});
