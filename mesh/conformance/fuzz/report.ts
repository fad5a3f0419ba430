import type { FuzzCall } from './calls.ts';
import type { Finding, FuzzReport } from './run.ts';
import type { Tally } from './tally.ts';

/** Fewer requests say nothing about how memory grows. */
const MEMORY_FROM = 20_000;
/** More than this may not be answered with UNAVAILABLE or DEADLINE_EXCEEDED. */
const MAX_AWAY = 0.05;

/** A sentence for everything that is not as it should be. */
export function complaints(
  { tally, findings, replaced, memory }: FuzzReport,
  causeOf: (traceId: string) => string,
): string[] {
  const growing = memory.filter(({ flat }) => !flat && saysGrowth(tally));
  const away = tally.away > MAX_AWAY * tally.made;
  return [
    ...findings.map((finding) => lineOf(finding, causeOf)),
    ...replaced.map((name) => `${name} ended and was started again`),
    ...growing.map(({ process, slopeBytes }) => `${process} grows by ${megabytes(slopeBytes)} in 100,000 requests`),
    ...(away ? [`${tally.away} of ${tally.made} requests found the mesh away or too slow`] : []),
  ];
}

/** What was wrong with an answer, what the mesh logged about it, and how to send the request again. */
export const lineOf = ({ call, complaint, traceId }: Finding, causeOf: (traceId: string) => string): string =>
  [`${call.target} over ${call.protocol}: ${complaint}`, causeOf(traceId), reproducer(call)]
    .filter(Boolean)
    .join('\n    ');

const saysGrowth = ({ made }: Tally): boolean => made >= MEMORY_FROM;

/** A request as a line that `npm run fuzz -- --replay` takes. */
export const reproducer = ({ target, protocol, caller, crowded, request }: FuzzCall): string =>
  JSON.stringify({
    target,
    protocol,
    caller,
    crowded,
    request: { ...request, body: request.body && Buffer.from(request.body).toString('base64') },
  });

export function readReproducer(line: string): FuzzCall {
  const { request, ...call } = JSON.parse(line);
  return { ...call, request: { ...request, body: request.body && Buffer.from(request.body, 'base64') } };
}

/** Lines for a person to read. */
export function reportLines(report: FuzzReport): string[] {
  const { tally, seconds, memory } = report;
  const protocols = [...tally.answers.keys()].sort();
  const codes = [...new Set(protocols.flatMap((protocol) => [...(tally.answers.get(protocol)?.keys() ?? [])]))].sort();
  const counts = codes.map((code) => {
    const row = protocols.map((protocol) => tally.answers.get(protocol)?.get(code) ?? 0);
    return [code, ...row, row.reduce((sum, each) => sum + each, 0)].map((each) =>
      each === 0 ? '' : each.toLocaleString('en'),
    );
  });
  return [
    `${tally.made.toLocaleString('en')} requests in ${seconds.toFixed(0)} s, ${Math.round(tally.made / seconds)} a second`,
    '',
    ...table(['answered', ...protocols, 'all'], counts),
    '',
    ...table(
      ['slowest', 'ms'],
      tally.slowest.map(({ ms, target, protocol }) => [`${target} over ${protocol}`, ms.toFixed(0)]),
    ),
    '',
    ...table(
      ['memory', 'measured', 'at first', 'warm', 'at last', 'in 100,000 requests'],
      memory.map(({ process, measured, firstBytes, warmBytes, lastBytes, slopeBytes, flat }) => [
        process,
        measured,
        ...[firstBytes, warmBytes, lastBytes].map(megabytes),
        saysGrowth(tally) ? `${slopeBytes < 0 ? '' : '+'}${megabytes(slopeBytes)}${flat ? '' : '  growing'}` : '',
      ]),
    ),
  ];
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;

/** The first column to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  return all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column) + 2)))
      .join('')
      .trimEnd(),
  );
}
