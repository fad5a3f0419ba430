import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Row {
  readonly id: string;
  /** In whole milliseconds in the database too. */
  readonly createTime: Date;
}

interface Keyset {
  readonly createTime: string;
  readonly id: string;
}

interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

const isKeyset = ({ createTime, id }: { createTime?: unknown; id?: unknown }): boolean =>
  typeof createTime === 'string' && !Number.isNaN(Date.parse(createTime)) && typeof id === 'string' && UUID.test(id);

/** Prisma's arguments for a page of rows, the newest first, with one row more than the page to know whether it is the last. */
export function newestFirst(request: PageRequest) {
  const after = decodePageToken<Keyset>(request.pageToken, isKeyset);
  return {
    after: after ? [afterKeyset(after.id, new Date(after.createTime))] : [],
    orderBy: [{ createTime: 'desc' as const }, { id: 'desc' as const }],
    take: pageSize(request.pageSize, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) + 1,
  };
}

const afterKeyset = (id: string, createTime: Date) => ({
  OR: [{ createTime: { lt: createTime } }, { createTime, id: { lt: id } }],
});

/** Splits what was read into the page and the token of the next one. */
export function pageOf<T extends Row>(rows: readonly T[], take: number): { page: T[]; nextPageToken: string } {
  const page = rows.slice(0, take - 1);
  const last = page.at(-1);
  if (last === undefined || rows.length < take) return { page, nextPageToken: '' };
  return { page, nextPageToken: encodePageToken({ createTime: last.createTime.toISOString(), id: last.id }) };
}
