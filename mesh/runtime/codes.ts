import { Code } from '@connectrpc/connect';

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.values(Code)
    .filter((code): code is Code => typeof code === 'number')
    .map((code) => [code, Code[code].replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase()]),
);

/** Name of a code as OpenTelemetry writes it, `DEADLINE_EXCEEDED`; `OK` for none. */
export const codeName = (code: Code | undefined): string => (code === undefined ? 'OK' : (NAMES[code] ?? 'UNKNOWN'));
