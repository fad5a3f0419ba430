import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameIn, spiffeId } from '../identity/spiffe.ts';

test('a name is read back from the certificate that carries it', () => {
  assert.equal(spiffeId('auth'), 'spiffe://kreki.local/ns/kreki/sa/auth');
  assert.equal(nameIn(`URI:${spiffeId('auth')}, DNS:auth, IP Address:127.0.0.1`), 'auth');
});

test('alternative names that are not exactly one of ours name nobody', () => {
  const own = `URI:${spiffeId('auth')}`;
  for (const names of [
    undefined,
    '',
    'DNS:auth',
    `${own}, URI:${spiffeId('gateway')}`,
    `${own}, URI:https://kreki.example`,
    'URI:spiffe://elsewhere.example/ns/kreki/sa/auth',
    'URI:spiffe://kreki.local/ns/other/sa/auth',
    `${own}/more`,
    `${own}?x`,
    'URI:spiffe://kreki.local/ns/kreki/sa/',
    'URI:spiffe://kreki.local/ns/kreki/sa/AUTH',
    // A host name that was made to look like two names.
    `DNS:"x, ${own}, y"`,
  ]) {
    assert.equal(nameIn(names), undefined, String(names));
  }
});
