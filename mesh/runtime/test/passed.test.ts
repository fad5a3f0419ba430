import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passed } from '../rpc/passed.ts';

/** Numbers from 1, and how the generator that makes them was ended. */
function numbers(fails?: Error) {
  const noted = { ended: 0 };
  async function* count() {
    try {
      yield 1;
      yield 2;
      if (fails) throw fails;
    } finally {
      noted.ended += 1;
    }
  }
  return { noted, messages: count() };
}

/** What of a way was called, in its order. */
function noting() {
  const said: unknown[] = [];
  const way = {
    message: (message: number) => message * 10,
    failed: (thrown: unknown) => new Error('shown', { cause: thrown }),
    ended: (failure?: { error: unknown }) => void said.push(failure ? (failure.error as Error).message : 'ended'),
  };
  return { said, way };
}

test('messages go on in their order, and the end is told once', async () => {
  const { said, way } = noting();
  const stream = passed(numbers().messages, way);
  assert.deepEqual(await Array.fromAsync(stream), [10, 20]);
  await stream.return?.();
  assert.equal((await stream.next()).done, true);
  assert.deepEqual(said, ['ended']);
});

test('a stream that fails ends with what the way makes of it, once', async () => {
  const { said, way } = noting();
  const stream = passed(numbers(new Error('within')).messages, way);
  await stream.next();
  await stream.next();
  await assert.rejects(stream.next(), { message: 'shown' });
  assert.equal((await stream.next()).done, true);
  assert.deepEqual(said, ['shown']);
});

test('a message that may not go on ends the stream and what it comes from', async () => {
  const { said, way } = noting();
  const { messages, noted } = numbers();
  const refuse = () => {
    throw new Error('not yours');
  };
  await assert.rejects(passed(messages, { ...way, message: refuse }).next(), { message: 'shown' });
  await Promise.resolve();
  assert.equal(noted.ended, 1);
  assert.deepEqual(said, ['shown']);
});

test('who leaves in the middle ends it for everybody', async () => {
  const { said, way } = noting();
  const { messages, noted } = numbers();
  const stream = passed(messages, way);
  await stream.next();
  await stream.return?.();
  assert.equal(noted.ended, 1);
  assert.deepEqual(said, ['ended']);
});

test('something that throws when it is asked fails the stream and not its reader', async () => {
  const { said, way } = noting();
  const broken = { [Symbol.asyncIterator]: () => ({ next: () => assert.fail('at once') }) };
  await assert.rejects(passed(broken as AsyncIterable<number>, way).next(), { message: 'shown' });
  assert.deepEqual(said, ['shown']);
});
