import { create } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import type { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import {
  ExportResponseSchema,
  type PersonalDataService,
  type PersonalRecord,
  PersonalRecordSchema,
} from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { recordChange } from '../audit/audited.ts';
import type { Database } from '../database/database.ts';
import { auditSections } from './audit-sections.ts';
import { type Holdings, languageOf } from './holdings.ts';

/** Answers PersonalDataService for what a service holds, and for what its audit log says. */
export function personalDataRpc(database: Database, holdings: Holdings): ServiceImpl<typeof PersonalDataService> {
  return {
    async *export({ userId, locale }) {
      for await (const record of exportRecords(database, holdings, userId, locale)) {
        yield create(ExportResponseSchema, { record });
      }
    },

    async checkErasure({ userId }) {
      await database.transaction(async (tx) => holdings.mayErase?.(tx, userId));
      return {};
    },

    async erase({ userId }, call) {
      await database.transaction(async (tx) => {
        await holdings.mayErase?.(tx, userId);
        for (const step of holdings.erasure) await step.run(tx, userId);
        recordChange(call, tx);
      });
      holdings.erased?.();
      return {};
    },
  };
}

/** Everything that is held of a person, section by section. */
export async function* exportRecords(
  database: Database,
  { sections }: Pick<Holdings, 'sections'>,
  userId: string,
  locale: Locale,
): AsyncGenerator<PersonalRecord> {
  const language = languageOf(locale);
  for (const { name: section, title, read } of [...sections, ...auditSections(database)]) {
    for await (const data of read(userId, language)) {
      yield create(PersonalRecordSchema, { section, title: title[language], data });
    }
  }
}
