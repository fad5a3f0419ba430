import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, type HandlerContext } from '@connectrpc/connect';
import { ExportMyDataResponseSchema } from '@kreki/gen/kreki/auth/v1/privacy_service_pb.js';
import type { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import type { PersonalRecord } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { exportRecords } from '@kreki/runtime/privacy/rpc';
import { userNotFound } from '../accounts/errors.ts';
import { localeOf } from '../accounts/locale.ts';
import type { Context } from '../context.ts';
import { onOwnBehalf } from '../erasure/holders.ts';
import { holdings } from '../privacy/holdings.ts';
import { findAccount } from '../store/accounts.ts';
import type { PrivacyRpc } from './privacy-rpc.ts';

export const exportMyData = (context: Context): PrivacyRpc['exportMyData'] =>
  async function* (_request, rpc) {
    const { userId } = personOf(rpc);
    const account = await findAccount(context.database, userId);
    if (account === undefined) throw userNotFound();
    const records: Record<string, bigint> = {};
    for await (const record of everything(context, userId, localeOf(account.locale), rpc)) {
      records[record.section] = (records[record.section] ?? 0n) + 1n;
      yield create(ExportMyDataResponseSchema, { record });
    }
    const summary = { exportTime: timestampFromDate(new Date()), records };
    yield create(ExportMyDataResponseSchema, { summary });
  };

/** What KREKI ID holds, then what each other service does. */
async function* everything(
  context: Context,
  userId: string,
  locale: Locale,
  rpc: HandlerContext,
): AsyncGenerator<PersonalRecord> {
  yield* exportRecords(context.database, holdings(context), userId, locale);
  for (const [service, holder] of context.holders) {
    try {
      for await (const { record } of holder.export({ userId, locale }, onOwnBehalf(rpc))) if (record) yield record;
    } catch (error) {
      if (rpc.signal.aborted) throw error;
      throw fail(
        Code.Unavailable,
        'EXPORT_INCOMPLETE',
        `${service} does not answer now; try again`,
        { service },
        error,
      );
    }
  }
}
