import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, personalDataSettings, readEnvironment } from '../config.ts';
import { parseKey, parseKeyRing } from '../personal-data/key-ring.ts';
import { type LookedUpColumn, PersonalData, SealedValueError } from '../personal-data/personal-data.ts';

const newKey = () => randomBytes(32).toString('base64');
const oldKey = newKey();
const withKeys = (ring: string, lookupKey = newKey()) =>
  new PersonalData({ keys: parseKeyRing(ring), lookupKey: parseKey(lookupKey) });

const NIK: LookedUpColumn = {
  table: 'patients',
  id: 'id',
  column: 'nik_sealed',
  lookup: { column: 'nik_lookup', kind: 'nik', normalise: (written) => written.replace(/\D/g, '') },
};
const EMAIL: LookedUpColumn = {
  table: 'people',
  id: 'id',
  column: 'email_sealed',
  lookup: { column: 'email_lookup', kind: 'email', normalise: (written) => written.trim().toLowerCase() },
};

test('whatever is sealed opens in its place, and is never the same twice', () => {
  const data = withKeys(`1:${newKey()}`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uuid(), (text, id) => {
      const sealed = data.seal(NIK, id, text);
      assert.equal(data.open(NIK, id, sealed), Buffer.from(text).toString());
      assert.ok(!sealed.equals(data.seal(NIK, id, text)));
    }),
  );
});

test('a sealed value opens in no other row, column or table', () => {
  const data = withKeys(`1:${newKey()}`);
  const id = randomUUID();
  const sealed = data.seal(NIK, id, '3171234567890123');
  assert.throws(() => data.open(NIK, randomUUID(), sealed), SealedValueError);
  assert.throws(() => data.open({ ...NIK, column: 'other' }, id, sealed), SealedValueError);
  assert.throws(() => data.open({ ...NIK, table: 'other' }, id, sealed), SealedValueError);
});

test('a value with any byte changed, or cut short, does not open', () => {
  const data = withKeys(`1:${newKey()},257:${newKey()}`);
  const id = randomUUID();
  const sealed = data.seal(NIK, id, '3171234567890123');
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.throws(() => data.open(NIK, id, changed), SealedValueError, `byte ${index}`);
    assert.throws(() => data.open(NIK, id, sealed.subarray(0, index)), SealedValueError, `${index} bytes`);
  }
});

test('values of every key in the ring open, and new ones are sealed under the first', () => {
  const id = randomUUID();
  const before = withKeys(`1:${oldKey}`).seal(NIK, id, 'before');
  const ring = withKeys(`2:${newKey()},1:${oldKey}`);
  assert.equal(ring.open(NIK, id, before), 'before');
  assert.equal(ring.currentKey, 2);
  assert.throws(
    () => withKeys(`1:${oldKey}`).open(NIK, id, ring.seal(NIK, id, 'after')),
    /patients\.nik_sealed of .* is sealed under key 2, which PERSONAL_DATA_KEYS lacks/,
  );
});

test('what does not open is told by its place and key, never by what is in it', () => {
  const id = randomUUID();
  const sealed = withKeys(`3:${newKey()}`).seal(NIK, id, '3171234567890123');
  for (const ring of [`1:${newKey()}`, `3:${newKey()}`]) {
    assert.throws(
      () => withKeys(ring).open(NIK, id, sealed),
      (error: Error) => {
        assert.match(error.message, new RegExp(`^patients.nik_sealed of ${id} .*key 3`));
        assert.ok(!JSON.stringify([error, error.cause, error.stack]).includes('3171234567890123'));
        return true;
      },
    );
  }
});

test('a look-up hash is the same for every way to write a value, and another for another kind, value or key', () => {
  const key = newKey();
  const data = withKeys(`1:${newKey()}`, key);
  const hash = data.lookup(NIK, '3171234567890123');
  assert.deepEqual(data.lookup(NIK, '31.7123.4567.890123 '), hash);
  assert.deepEqual(withKeys(`2:${newKey()}`, key).lookup(NIK, '3171234567890123'), hash);
  const others = [
    data.lookup(NIK, '3171234567890124'),
    data.lookup({ ...NIK, lookup: { ...NIK.lookup, kind: 'passport' } }, '3171234567890123'),
    withKeys(`1:${newKey()}`, newKey()).lookup(NIK, '3171234567890123'),
    data.lookup(NIK, ''),
  ];
  for (const other of others) {
    assert.ok(!other.equals(hash));
    assert.equal(other.length, 32);
  }
});

test('rows that were written once stay readable: the formats are these', () => {
  const data = withKeys(`7:${Buffer.alloc(32, 7).toString('base64')}`, Buffer.alloc(32, 1).toString('base64'));
  const sealed = '010007a6e77a0ec8fca9d5c3e86351eeb036f07b513fd7ce9e71e4800de3798ca328a99211a9c9e82c741bb92ade212699';
  const text = data.open(EMAIL, '018f0000-0000-7000-8000-000000000001', Buffer.from(sealed, 'hex'));
  assert.equal(text, 'sari@kreki.example');
  const hash = '6ae4a051f655c9cb029daef9f5db7e2951ef4cd0384809afca7513d5134a6089';
  assert.equal(data.lookup(EMAIL, ' Sari@kreki.example').toString('hex'), hash);
});

test('keys are read from the environment or from files, and what is wrong is said without them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [first, second] = [newKey(), newKey()];
  const file = join(folder, 'keys');
  writeFileSync(file, `2:${second}\n1:${first}\n`);
  const lookup = { PERSONAL_DATA_LOOKUP_KEY: newKey() };
  const { personalData } = readEnvironment({ ...lookup, PERSONAL_DATA_KEYS_FILE: file }, personalDataSettings);
  assert.equal(personalData.keys.current, 2);
  assert.deepEqual([...personalData.keys.keys.keys()], [2, 1]);

  const wrong: [NodeJS.ProcessEnv, RegExp][] = [
    [{ PERSONAL_DATA_KEYS: '' }, /PERSONAL_DATA_KEYS is missing/],
    [{ PERSONAL_DATA_KEYS: first }, /PERSONAL_DATA_KEYS must be keys such as/],
    [{ PERSONAL_DATA_KEYS: `0:${first}` }, /a number from 1 to 65535/],
    [{ PERSONAL_DATA_KEYS: `1:${first.slice(4)}` }, /PERSONAL_DATA_KEYS key 1 must be 32 bytes in base64/],
    [{ PERSONAL_DATA_KEYS: `1:${first},1:${second}` }, /two keys with the number 1/],
    [{ PERSONAL_DATA_KEYS: `1:${first}`, PERSONAL_DATA_KEYS_FILE: file }, /both by itself and as/],
    [{ PERSONAL_DATA_KEYS_FILE: join(folder, 'none') }, /PERSONAL_DATA_KEYS ENOENT/],
  ];
  for (const [env, message] of wrong) {
    assert.throws(
      () => readEnvironment({ ...lookup, ...env }, personalDataSettings),
      (error: Error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, message);
        for (const key of [first, second, first.slice(4)]) assert.ok(!error.message.includes(key));
        return true;
      },
    );
  }
});
