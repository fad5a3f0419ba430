import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rabbitMqMissing } from '../peers/rabbitmq.ts';
import { missingNotes } from '../workloads/peers.ts';

test('where RabbitMQ is missing it is said how to install it', () => {
  assert.match(rabbitMqMissing('/nowhere') ?? '', /apt-get install rabbitmq-server/);
});

test('a peer that lacks something is left out by name, with what it lacks', () => {
  const notes = missingNotes([
    { name: 'complete', missing: () => undefined },
    { name: 'incomplete', missing: () => 'its server is not installed' },
    { name: 'in need of nothing' },
  ]);
  assert.deepEqual(notes, ['incomplete: not measured, since its server is not installed.']);
});
