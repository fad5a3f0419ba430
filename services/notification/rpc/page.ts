import { decodePageToken, encodePageToken } from '@kreki/runtime/paging';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id after which the page begins; ids are UUID v7, so that their order is that of their making. */
export function pageAfter(token: string): { id: { lt: string } } | undefined {
  const keyset = decodePageToken<{ id: string }>(token, ({ id }) => typeof id === 'string' && UUID.test(id));
  return keyset && { id: { lt: keyset.id } };
}

/** Splits one row too many off a page: there is a next page when it was found. */
export function pageOf<Row extends { id: string }>(rows: Row[], size: number): { rows: Row[]; nextPageToken: string } {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return { rows: page, nextPageToken: rows.length > size && last ? encodePageToken({ id: last.id }) : '' };
}
