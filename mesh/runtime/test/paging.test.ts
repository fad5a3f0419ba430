import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { assert as check, jsonValue, property, string } from 'fast-check';
import { reasonOf } from '../errors.ts';
import { decodePageToken, encodePageToken, pageSize } from '../paging.ts';

test('a page is as large as asked for, the default when nothing was, and never above the most', () => {
  assert.equal(pageSize(0, 20, 100), 20);
  assert.equal(pageSize(7, 20, 100), 7);
  assert.equal(pageSize(1_000, 20, 100), 100);
  assert.equal(pageSize(-1, 20, 100), 20);
});

test('any keyset comes back from its token', () => {
  check(
    property(jsonValue(), (value) => {
      const token = encodePageToken({ value });
      assert.match(token, /^[\w-]+$/);
      assert.deepEqual(decodePageToken(token), JSON.parse(JSON.stringify({ value })));
    }),
  );
});

test('an empty token is the first page', () => {
  assert.equal(decodePageToken(''), undefined);
});

test('whatever is no token of the list is refused, and never anything else happens', () => {
  const isKeyset = (value: { id?: unknown }) => typeof value.id === 'string';
  const refused = (error: unknown) =>
    error instanceof ConnectError && error.code === Code.InvalidArgument && reasonOf(error) === 'BAD_PAGE_TOKEN';
  check(
    property(string({ minLength: 1 }), (token) => {
      assert.throws(() => decodePageToken<{ id: string }>(token, isKeyset), refused);
    }),
  );
  for (const value of [null, 5, 'text', [], {}, { id: 5 }]) {
    const token = Buffer.from(JSON.stringify(value)).toString('base64url');
    assert.throws(() => decodePageToken<{ id: string }>(token, isKeyset), refused);
  }
});
