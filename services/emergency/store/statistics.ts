import type { Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Times in milliseconds; null where nothing was measured. */
export interface Measured {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface StatisticsRow {
  /** Null: over all. */
  readonly severity: Severity | null;
  readonly emergencies: number;
  readonly completed: number;
  readonly cancelled: number;
  readonly escalated: number;
  readonly acknowledge: Measured;
  readonly firstOffer: Measured;
  readonly firstAccept: Measured;
  readonly arrival: Measured;
  readonly completion: Measured;
}

const measured = (name: string, milliseconds: string) => `
  json_build_object(
    'count', count(${milliseconds}),
    'p50', percentile_cont(0.5) WITHIN GROUP (ORDER BY ${milliseconds}),
    'p95', percentile_cont(0.95) WITHIN GROUP (ORDER BY ${milliseconds})
  ) AS "${name}"`;

const since = (column: string) => `(extract(epoch FROM ${column} - received_at) * 1000)::float8`;

const STATISTICS = prepared(
  'response_statistics',
  `SELECT severity, count(*) AS emergencies, count(completed_at) AS completed, count(cancelled_at) AS cancelled,
     count(escalated_at) AS escalated,
     ${measured('acknowledge', 'ms')},
     ${measured('firstOffer', since('first_offer_at'))},
     ${measured('firstAccept', since('assigned_at'))},
     ${measured('arrival', since('arrived_at'))},
     ${measured('completion', since('completed_at'))}
   FROM emergencies LEFT JOIN acknowledgements ON emergency_id = id
   WHERE created_at >= $1 AND created_at < $2
   GROUP BY GROUPING SETS ((severity), ())
   ORDER BY severity NULLS LAST`,
);

export const responseStatistics = (database: Queryable, start: Date, end: Date) =>
  database.query<StatisticsRow>(STATISTICS, [start, end]);
