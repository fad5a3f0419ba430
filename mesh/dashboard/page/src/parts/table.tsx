import type { ReactNode } from 'react';
import { type Text, useText } from '../lib/language.tsx';
import { useParameter } from '../lib/url-state.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: Text;
  readonly cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  readonly value?: (row: Row) => number | string | bigint;
  /** Set to the right, figures under each other. */
  readonly numeric?: boolean;
}

const NOTHING = { en: 'Nothing here', id: 'Kosong' };

/** A table whose order is in the address: `?sort=p95` or, the greatest first, `?sort=-p95`. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  presetSort = '',
  sortParameter = 'sort',
  empty = NOTHING,
}: {
  caption: Text;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  presetSort?: string;
  sortParameter?: string;
  empty?: Text;
}) {
  const t = useText();
  const [sort, setSort] = useParameter(sortParameter, presetSort);
  const descending = sort.startsWith('-');
  const by = columns.find(({ id }) => id === sort.replace(/^-/, ''));
  const ordered = by?.value ? [...rows].sort((a, b) => compare(by.value?.(a), by.value?.(b), descending)) : rows;
  const next = (id: string) => (sort === `-${id}` ? id : `-${id}`);
  return (
    <div className="table">
      <table>
        <caption>{t(caption)}</caption>
        <thead>
          <tr>
            {columns.map(({ id, title, value, numeric }) => {
              const direction = descending ? 'descending' : 'ascending';
              return (
                <th
                  key={id}
                  scope="col"
                  className={numeric ? 'numeric' : ''}
                  aria-sort={by?.id === id ? direction : undefined}
                >
                  {value ? (
                    <button type="button" className="plain" onClick={() => setSort(next(id))}>
                      {t(title)}
                      <span aria-hidden="true">{by?.id === id ? (descending ? ' ↓' : ' ↑') : ''}</span>
                    </button>
                  ) : (
                    t(title)
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {ordered.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ id, cell, numeric }) => (
                <td key={id} className={numeric ? 'numeric' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="note nothing">{t(empty)}</p>}
    </div>
  );
}

function compare(a: number | string | bigint = '', b: number | string | bigint = '', descending = false): number {
  const order = a < b ? -1 : a > b ? 1 : 0;
  return descending ? -order : order;
}
