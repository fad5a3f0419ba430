import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { databaseError } from '../database/errors.ts';
import { reasonOf } from '../errors.ts';

const prisma = (code: string, originalCode?: string) =>
  Object.assign(new Error('Invalid `prisma.volunteer.findFirst()` invocation'), {
    name: 'PrismaClientKnownRequestError',
    code,
    meta: { driverAdapterError: { cause: { originalCode } } },
  });

test('Prisma without a database is UNAVAILABLE, whether it was not reached or cut off', () => {
  for (const error of [prisma('P1001'), prisma('P1017'), prisma('P2010', '57P01')]) {
    const shown = databaseError(error);
    assert.ok(shown instanceof ConnectError);
    assert.equal(shown.code, Code.Unavailable);
    assert.equal(reasonOf(shown), 'DATABASE_UNAVAILABLE');
  }
});

test('what is wrong with a statement stays what it is', () => {
  for (const error of [prisma('P2002'), prisma('P2010', '23505'), new Error('a bug')])
    assert.equal(databaseError(error), error);
});
