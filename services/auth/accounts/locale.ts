import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';

/** A language as the database has it. */
export type LocaleCode = 'id' | 'en';

export function localeCode(locale: Locale): LocaleCode {
  switch (locale) {
    case Locale.UNSPECIFIED:
    case Locale.ID:
      return 'id';
    case Locale.EN:
      return 'en';
    default:
      return locale satisfies never;
  }
}

export const localeOf = (code: string): Locale => (code === 'en' ? Locale.EN : Locale.ID);
