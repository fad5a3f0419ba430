import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import type { SeverityWord } from '../alerts/alert.ts';

export type Language = 'id' | 'en';

export const languageOf = (locale: Locale): Language => (locale === Locale.EN ? 'en' : 'id');

const severities: Record<Language, Record<SeverityWord, string>> = {
  id: { critical: 'Kritis', urgent: 'Mendesak', normal: 'Biasa' },
  en: { critical: 'Critical', urgent: 'Urgent', normal: 'Normal' },
};

export const severityText = (severity: SeverityWord, language: Language): string => severities[language][severity];

/** Metres to the nearest 50 below a kilometre, to the nearest 100 above: near enough to decide, too coarse to locate somebody. */
export function roundDistance(meters: number): number {
  const stepMeters = meters < 1_000 ? 50 : 100;
  return Math.max(50, Math.round(meters / stepMeters) * stepMeters);
}

export function distanceText(meters: number, language: Language): string {
  const rounded = roundDistance(meters);
  if (rounded < 1_000) return `${rounded} m`;
  const kilometers = (rounded / 1_000).toFixed(1);
  return `${language === 'id' ? kilometers.replace('.', ',') : kilometers} km`;
}

const somewhere: Record<Language, string> = { id: 'lokasi Anda', en: 'your location' };

/** WhatsApp refuses an empty parameter. */
export const areaText = (area: string, language: Language): string => area.trim() || somewhere[language];
