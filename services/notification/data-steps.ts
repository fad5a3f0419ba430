import type { DataSteps } from '@kreki/runtime/database/migrations';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { sealPlain } from '@kreki/runtime/personal-data/seal-plain';
import type { ClientBase } from 'pg';
import { EMAIL, PHONE } from './contacts/personal-data.ts';

const BATCH = 1_000;

/** What providers repeated of an address or number in their words on a failure. */
const MASK_ERRORS = String.raw`
  UPDATE delivery SET error = regexp_replace(
    regexp_replace(error, '[^\s<>()"'',;:]+@[^\s<>()"'',;:]+', '[address]', 'g'), '\+?\d{8,15}', '[number]', 'g')
  WHERE error ~ '@|\d{8}'`;

/** What SQL cannot do between two migrations. */
export const dataSteps = (personalData: PersonalData, nameOfMessage: (wamid: string) => string): DataSteps => ({
  '20261122010000_personal_data_plain_gone': async (client, log) => {
    await sealPlain(client, personalData, { plain: 'email', sealed: EMAIL }, log);
    await sealPlain(client, personalData, { plain: 'phone', sealed: PHONE }, log);
    await client.query(MASK_ERRORS);
    const firstId = '00000000-0000-0000-0000-000000000000';
    await rename(client, { table: 'delivery', column: 'provider_id', key: 'id', first: firstId }, nameOfMessage);
    await rename(client, { table: 'whatsapp_receipt', column: 'wamid', key: 'wamid', first: '' }, nameOfMessage);
  },
});

/** Gives messages that have WhatsApp's own ids the names that we call them by. */
async function rename(
  client: ClientBase,
  { table, column, key, first }: { table: string; column: string; key: string; first: string },
  nameOfMessage: (wamid: string) => string,
): Promise<void> {
  const select = `SELECT ${key} AS key, ${column} AS wamid FROM ${table}
    WHERE ${column} LIKE 'wamid.%' AND ${key} > $1 ORDER BY ${key} LIMIT ${BATCH}`;
  const update = `UPDATE ${table} SET ${column} = named.name FROM unnest($1::text[], $2::text[]) AS named (wamid, name)
    WHERE ${table}.${column} = named.wamid`;
  let last = first;
  for (let full = true; full; ) {
    const { rows } = await client.query<{ key: string; wamid: string }>(select, [last]);
    const wamids = [...new Set(rows.map((row) => row.wamid))];
    await client.query(update, [wamids, wamids.map(nameOfMessage)]);
    last = rows.at(-1)?.key ?? last;
    full = rows.length === BATCH;
  }
}
