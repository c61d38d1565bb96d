/** A page that lists things, and the table that lists are shown in. */

import type { ComponentChildren } from 'preact';
import type { Polled } from '../poll.ts';
import { setSearch } from '../router.ts';
import { ErrorNote, Loading } from './basics.tsx';

interface ListPageProps<T> {
  title: string;
  /** What is listed, for who waits: `Loading schedules…`. */
  what: string;
  list: Polled<T>;
  /** Of an answer: how many there are on this page, and the token of the next page. */
  sizeOf(answer: T): number;
  nextOf?(answer: T): string | undefined;
  /** What makes a new one. It stands in the head, and among the words about an empty list. */
  create?: ComponentChildren;
  empty?: ComponentChildren;
  children(answer: T): ComponentChildren;
}

export function ListPage<T>({
  title,
  what,
  list,
  sizeOf,
  nextOf,
  create,
  empty,
  children,
}: ListPageProps<T>) {
  const { data, error, loading } = list;
  const filled = data !== undefined && (sizeOf(data) > 0 || !empty);
  const next = data && nextOf?.(data);
  return (
    <>
      <div class="page-head">
        <h1>{title}</h1>
        <span class="spring" />
        {filled && create}
      </div>
      {error && <ErrorNote error={error} title={data && 'What you see may be old. '} />}
      {loading && <Loading what={what} />}
      {data !== undefined && !filled && empty}
      {filled && children(data)}
      {next && (
        <nav class="pager" aria-label="Pages">
          <button type="button" class="button" onClick={() => setSearch({ page: next })}>
            More
          </button>
        </nav>
      )}
    </>
  );
}

export interface TableColumn<R> {
  label: string;
  cell(row: R): ComponentChildren;
  /** Of its cells. */
  class?: string;
}

interface TableProps<R> {
  columns: ReadonlyArray<TableColumn<R>>;
  rows: readonly R[];
  keyOf(row: R): string;
  class?: string;
  /** A click on a row, past the links in it. */
  onOpen?(row: R): void;
}

export function Table<R>({ columns, rows, keyOf, class: name, onOpen }: TableProps<R>) {
  const open = (event: MouseEvent, row: R): void => {
    if (!(event.target as Element).closest('a, button') && !getSelection()?.toString()) onOpen?.(row);
  };
  return (
    <div class="table-box">
      <table class={name}>
        <thead>
          <tr>
            {columns.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} onClick={onOpen && ((event) => open(event, row))}>
              {columns.map(({ label, cell, class: each }) => (
                <td key={label} data-label={label} class={each}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
