import { type Admission, createAdmission } from './admission.ts';
import { watchLoad } from './event-loop.ts';
import { limitsOf, sharedLimits, takesShared } from './limits.ts';

/** What calls share in a service without a database. */
const DEFAULT_CAPACITY = 48;

/** Room for the calls of a service, by the connections of its database and by how late its event loop is. */
export function openServiceAdmission({
  shedDelayMs = 0,
  databasePoolSize: capacity = DEFAULT_CAPACITY,
}: {
  readonly shedDelayMs?: number;
  readonly databasePoolSize?: number;
}): Admission & { stop(): void } {
  const { shedder, stop } = watchLoad(shedDelayMs);
  const admission = createAdmission({
    shedder,
    limits: (method) => limitsOf(method, capacity),
    shared: { limits: sharedLimits(capacity), takes: (method) => takesShared(method, capacity) },
  });
  return { ...admission, stop };
}
