import { panic } from './panic.ts';
import { unary } from './unary.ts';
import type { Workload } from './workload.ts';

/** In the order in which they run. */
export const workloads: Readonly<Record<string, Workload>> = { panic, unary };
