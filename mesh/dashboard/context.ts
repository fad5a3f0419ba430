import type { Registry } from '@bufbuild/protobuf';
import type { Logger } from '@kreki/runtime/log';
import type { ObjectiveWatch } from './objectives/watch.ts';
import type { Sessions } from './session/sessions.ts';
import type { OpenedSources } from './sources/open.ts';
import type { Telemetry } from './store/telemetry.ts';
import type { Methods } from './workloads/contracts.ts';

/** What the handlers of the dashboard work with. */
export interface Context {
  readonly telemetry: Telemetry;
  readonly sources: OpenedSources;
  readonly sessions: Sessions;
  /** Every RPC of the mesh. */
  readonly methods: Methods;
  /** Every event of the mesh. */
  readonly eventTypes: Registry;
  readonly objectives: ObjectiveWatch;
  /** The edge, over which calls are tried. */
  readonly edgeUrl: string;
  readonly log: Logger;
}
