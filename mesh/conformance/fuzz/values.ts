import fc from 'fast-check';

/** Words that mean something to somebody: to SQL, to JavaScript, to paths, to logs, to terminals. */
const TRICKS = [
  '',
  ' ',
  'me',
  'null',
  '\0',
  'a\0b',
  '\r\nx: y',
  '\u202Eevil',
  '\u200d\ufeff',
  "' OR 1=1 --",
  '%',
  '_\\%',
  '../../etc/passwd',
  '%2e%2e%2f',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what is sent
  '${jndi:ldap://x}',
  '__proto__',
  'constructor',
  'toString',
  '<script>alert(1)</script>',
  'users:update',
  'admin',
  'Asia/Jakarta',
  'Nowhere/Land',
  '+6281234567890',
  '0812-0000-0000',
  'a@b.id',
  '0000-00-00T00:00:00Z',
  '99999999999999999999',
  '-1',
  'NaN',
  'full_name,phone',
  'updateMask',
];

/** What pages are asked for with: opaque to people, JSON within base64url to the services. */
const PAGE_TOKENS = [
  {},
  [],
  null,
  1,
  'x',
  { after: 1 },
  { after: "'" },
  { id: '\0' },
  { name: null },
  { time: 'x', id: 'y' },
].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));

const HUGE = [256, 2_001, 4_097, 70_000, 300_000];

/** Any text; now and then one half of a surrogate pair, one that is far too long, or one of `known`, which name what exists. */
export function anyText(known: readonly string[]): fc.Arbitrary<string> {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  return fc.oneof(
    { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 4, arbitrary: fc.constantFrom(...known, ...TRICKS) },
    { weight: 3, arbitrary: fc.uuid() },
    { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
    { weight: 2, arbitrary: fc.string({ unit, maxLength: 20 }) },
    { weight: 1, arbitrary: fc.constantFrom(...PAGE_TOKENS) },
    { weight: 1, arbitrary: fc.constantFrom(...HUGE).map((length) => 'x'.repeat(length)) },
  );
}

/** Numbers at and beyond the ends of every type, as they are written in JSON and in queries. */
export const anyNumber: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 600 }).map(String) },
  { weight: 2, arbitrary: fc.double().map((number) => (Number.isFinite(number) ? String(number) : '1e999')) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[
        '0',
        '-0',
        '5e-324',
        '-1e-300',
        '0.1',
        '89.99999999999999',
        '-180.00000000000003',
        '1e308',
        '1e999',
        '-1E400',
      ],
      ...['2147483647', '-2147483648', '2147483648', '4294967295', '4294967296', '9007199254740993'],
      ...['9223372036854775807', '-9223372036854775808', '9223372036854775808', '18446744073709551616'],
    ),
  },
);

/** Numbers for a varint. */
export const anyInteger: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(0n, 600n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n) },
);

export const anyTime: fc.Arbitrary<string> = fc.oneof(
  fc
    .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', '1970-01-01T00:00:00Z', '2026-02-30T00:00:00Z'],
    ...['10000-01-01T00:00:00Z', '2026-11-21T23:59:60Z', '2026-11-21T00:00:00+23:59', 'yesterday', ''],
  ),
);

export const anyDuration: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map((seconds) => `${seconds}s`),
  fc.constantFrom('0s', '-0s', '0.000000001s', '315576000000s', '315576000001s', '1.5', 's', '1e3s', ''),
);
