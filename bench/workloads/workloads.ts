import { events } from './events.ts';
import { growth } from './growth.ts';
import { match } from './match.ts';
import { panic } from './panic.ts';
import { peers } from './peers.ts';
import { phone } from './phone.ts';
import { positions } from './positions.ts';
import { start } from './start.ts';
import { unary } from './unary.ts';
import { watch } from './watch.ts';
import type { Workload } from './workload.ts';

/** In the order in which they run: match and positions come last, since their volunteers stay. */
export const workloads: Readonly<Record<string, Workload>> = {
  panic,
  peers,
  phone,
  unary,
  events,
  watch,
  start,
  match,
  positions,
  growth,
};
