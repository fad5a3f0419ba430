import { create, type DescMessage, type JsonObject, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import type { Tx } from '../database/database.ts';

export type Language = 'id' | 'en';

export const languageOf = (locale: Locale): Language => (locale === Locale.EN ? 'en' : 'id');

/** One kind of thing that a service holds of people. */
export interface Section {
  /** `<service>.<kind>`. */
  readonly name: string;
  readonly title: Readonly<Record<Language, string>>;
  /** `<table>.<column>` of what names the person. */
  readonly columns: readonly string[];
  /** What is held of a person, in proto3 JSON; large tables page by page. */
  read(userId: string, language: Language): AsyncIterable<JsonObject>;
}

/** How a service lets go of a person in some of its tables. */
export interface ErasureStep {
  /** `<table>.<column>` of what names the person, and no longer does. */
  readonly columns: readonly string[];
  run(tx: Tx, userId: string): Promise<void>;
}

/** Everything a service holds of people. A test compares it with the tables there are. */
export interface Holdings {
  readonly sections: readonly Section[];
  /** Steps of one transaction, in this order. */
  readonly erasure: readonly ErasureStep[];
  /** Columns that name people and are not exported, or not erased, with the reason. */
  readonly unexported?: Readonly<Record<string, string>>;
  readonly kept?: Readonly<Record<string, string>>;
  /** Throws FAILED_PRECONDITION while the service cannot let go of the person. */
  readonly mayErase?: (tx: Tx, userId: string) => Promise<void>;
  /** Called once an erasure is committed. */
  readonly erased?: () => void;
}

/** A message in proto3 JSON, as its contract names its fields. */
export const json = <Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): JsonObject =>
  toJson(schema, create(schema, message)) as JsonObject;

const PAGE = 500;

/**
 * Rows of a table of any size, a page at a time.
 * @param fetch Rows behind a key, in the order of their keys; the first page is behind `undefined`.
 */
export async function* everyRow<Row, Key>(
  fetch: (after: Key | undefined, limit: number) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
): AsyncGenerator<Row> {
  let page: readonly Row[];
  let after: Key | undefined;
  do {
    page = await fetch(after, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last !== undefined) after = keyOf(last);
  } while (page.length === PAGE);
}
