import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescMessage } from '@bufbuild/protobuf';
import { eventContracts, maskText } from '../decode.ts';

/** Texts of events that tell nobody’s name, address or number. */
const HARMLESS = /(_id|_ids|^role|^previous_role|^area|^regency)$/;

test('every text in an event is known to be harmless, or marked with debug_redact', async () => {
  const contracts = await eventContracts();
  const messages = [...contracts].filter((type): type is DescMessage => type.kind === 'message');
  assert.ok(messages.length > 10);
  for (const { typeName, fields } of messages)
    for (const field of fields) {
      const isText =
        field.scalar === 9 || field.scalar === 12 || (field.fieldKind === 'list' && field.listKind === 'scalar');
      if (!isText || field.proto.options?.debugRedact) continue;
      assert.match(field.name, HARMLESS, `${typeName}.${field.name}: mark it, or add it to the harmless ones`);
    }
});

test('addresses, phone numbers and NIKs in a text are masked; ids, times and counts are not', () => {
  assert.equal(maskText('to budi.s+1@kreki.example.id failed'), 'to ••• failed');
  assert.equal(maskText('to +6281234567890, 0812-3456-7890 or 3171234567890001'), 'to •••, ••• or •••');
  const kept = 'Error: 0193a1b2-1234-7abc-8def-001122334455 timed out after 30000 ms at 12:30';
  assert.equal(maskText(kept), kept);
});
