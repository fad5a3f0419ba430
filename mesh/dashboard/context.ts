import type { Logger } from '@kreki/runtime/log';
import type { Sessions } from './session/sessions.ts';
import type { Sources } from './sources/sources.ts';
import type { Telemetry } from './store/telemetry.ts';
import type { Methods } from './workloads/contracts.ts';

/** What the handlers of the dashboard work with. */
export interface Context {
  readonly telemetry: Telemetry;
  readonly sources: Sources;
  readonly sessions: Sessions;
  /** Every RPC of the mesh. */
  readonly methods: Methods;
  readonly log: Logger;
}
