import type { Generator } from '../generator/generator.ts';
import type { Options } from '../harness/options.ts';
import type { OpenWorkload } from '../harness/sample.ts';
import type { OwnMesh } from '../own-mesh.ts';

/** What a workload is measured in. */
export interface World {
  readonly own: OwnMesh;
  readonly generator: Generator;
  readonly options: Options;
}

/** Prepares what its subjects need; that is not measured. */
export type Workload = (world: World) => Promise<OpenWorkload>;
