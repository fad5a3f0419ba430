/** How dead letters look at a terminal. */
import { styleText } from 'node:util';
import { table } from '../local/report.ts';
import type { DeadLetter } from '../runtime/events/dead-letters.ts';
import { maskText } from './decode.ts';

const WIDTH = 120;
const REASON_WIDTH_MIN = 24;

/** One line each; the reason fills what is left of the line. */
export function listing(letters: readonly DeadLetter[], now: Date, width = process.stdout.columns ?? WIDTH): string {
  const rows = letters.map((letter) => [
    String(letter.seq),
    age(letter.diedAt, now),
    letter.durable,
    typeName(letter.subject),
    String(letter.attempts),
    maskText(letter.reason),
  ]);
  const columns = table([['number', 'died', 'consumer', 'event', 'tries', 'reason'], ...rows]);
  const [head = '', ...lines] = columns.split('\n');
  const start = head.indexOf('reason');
  const shown = lines.map((line) => cut(line, Math.max(width, start + REASON_WIDTH_MIN)));
  return [styleText('dim', head), ...shown].join('\n');
}

/** Everything of one, the event as JSON. */
export function details(letter: DeadLetter, event: unknown, now: Date): string {
  const facts: [string, string][] = [
    ['consumer', letter.durable],
    ['event', letter.subject],
    ['id', letter.id || 'none'],
    ['about', letter.aggregateId || 'nothing'],
    ['made', letter.madeAt ? moment(letter.madeAt, now) : 'unknown'],
    ['died', moment(letter.diedAt, now)],
    ['tries', String(letter.attempts)],
    ['reason', maskText(letter.reason)],
  ];
  const content =
    event === undefined
      ? `${letter.payload.length} bytes that no contract decodes`
      : JSON.stringify(event, null, 2).replace(/^/gm, '  ').trimStart();
  const label = (name: string) => styleText('dim', name.padEnd(9));
  return [
    styleText('bold', `Dead letter ${letter.seq}`),
    '',
    ...facts.map(([name, value]) => `  ${label(name)} ${value}`),
    '',
    `  ${content}`,
  ].join('\n');
}

/** `3 min` for what happened so long ago. */
export function age(time: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - time.getTime()) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** ISO 8601 to the second, on the clock of this machine. */
function moment(time: Date, now: Date): string {
  const offset = -time.getTimezoneOffset() * 60_000;
  const clock = new Date(time.getTime() + offset).toISOString().slice(0, 19).replace('T', ' ');
  return `${clock}, ${age(time, now)} ago`;
}

const typeName = (subject: string): string => subject.split('.').at(-1) ?? subject;

const cut = (line: string, width: number): string => (line.length <= width ? line : `${line.slice(0, width - 1)}…`);
