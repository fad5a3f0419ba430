import type { Logger } from '@kreki/runtime/log';
import type { Sessions } from './session/sessions.ts';
import type { Sources } from './sources/sources.ts';
import type { Telemetry } from './store/telemetry.ts';

/** What the handlers of the dashboard work with. */
export interface Context {
  readonly telemetry: Telemetry;
  readonly sources: Sources;
  readonly sessions: Sessions;
  readonly log: Logger;
}
