import type { ServiceImpl } from '@connectrpc/connect';
import type { LogService } from '@kreki/gen/kreki/mesh/v1/log_service_pb.js';
import type { Context } from '../context.ts';
import { logMatcher } from '../logs/filter.ts';
import { logMessage } from '../traces/messages.ts';
import { every } from './every.ts';

/** Records of one answer at most. */
const RECORDS_MAX = 200;
const ANSWER_INTERVAL_MS = 500;

export const followLogs = ({ telemetry }: Context): ServiceImpl<typeof LogService>['followLogs'] =>
  async function* ({ filter }, { signal }) {
    const matches = logMatcher(filter);
    let records: ReturnType<typeof logMessage>[] = [];
    let skipped = 0;
    const following = telemetry.onLog((log) => {
      if (!matches(log)) return;
      if (records.length < RECORDS_MAX) records.push(logMessage(log));
      else skipped += 1;
    });
    const take = () => {
      const taken = { records, skipped: BigInt(skipped) };
      records = [];
      skipped = 0;
      return taken;
    };
    try {
      yield* every(undefined, signal, take, ANSWER_INTERVAL_MS);
    } finally {
      following.stop();
    }
  };
