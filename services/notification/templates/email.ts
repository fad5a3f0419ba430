import type { Content } from '../alerts/alert.ts';
import { textOf } from './texts.ts';
import type { Language } from './words.ts';

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

const greetings: Record<Language, string> = { id: 'Halo', en: 'Hello' };
const references: Record<Language, string> = { id: 'Nomor keadaan darurat', en: 'Emergency' };

/** A plain-text mail: what the inbox shows, greeted by name, with the emergency's id for whoever coordinates it. */
export function mailOf(content: Content, emergencyId: string | null, fullName: string, language: Language): Mail {
  const { title, body } = textOf(content, language);
  const greeting = [greetings[language], fullName].filter(Boolean).join(' ');
  const reference = emergencyId === null ? '' : `\n${references[language]}: ${emergencyId}\n`;
  return { subject: title, text: `${greeting},\n\n${body}\n${reference}\nKREKI\n` };
}
