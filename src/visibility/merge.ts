/** One list of the pages of several shards. */

import type { ServiceErrorData } from '../../sdk/common/errors.ts';
import type { ListPosition } from './position.ts';
import type { ListedRow } from './store.ts';

/** In list order; `more` when the shard has rows behind the last one. */
export interface ShardPage {
  rows: ListedRow[];
  more: boolean;
  /** The shard cannot answer for what is asked. */
  refused?: ServiceErrorData;
}

export interface MergedPage {
  rows: ListedRow[];
  /** Where the next page begins, where there may be one. */
  next?: ListPosition;
}

/**
 * The first `pageSize` rows of all. A shard that has more may have them anywhere behind its last row, so rows behind
 * the earliest such place are left for the next page. A row that moves stands in two shards: the newest one counts.
 */
export function mergePages(
  pages: readonly ShardPage[],
  pageSize: number,
  compare: (a: ListPosition, b: ListPosition) => number,
): MergedPage {
  const all = newestOfEach(pages.flatMap((page) => page.rows)).sort((a, b) =>
    compare(a.position, b.position),
  );
  const frontiers = pages.filter((page) => page.more).map((page) => page.rows.at(-1)!.position);
  const frontier = frontiers.sort(compare)[0];
  const known = frontier ? all.filter((row) => compare(row.position, frontier) <= 0) : all;
  const rows = known.slice(0, pageSize);
  // The row at the frontier itself may be an old one that does not count.
  const next = rows.length < known.length ? rows.at(-1)!.position : frontier;
  return { rows, ...(next && { next }) };
}

function newestOfEach(rows: ListedRow[]): ListedRow[] {
  const newest = new Map<string, ListedRow>();
  for (const row of rows) {
    const run = JSON.stringify([row.position.workflowId, row.position.runId]);
    const other = newest.get(run);
    if (!other || isNewer(row, other)) newest.set(run, row);
  }
  return [...newest.values()];
}

const isNewer = (a: ListedRow, b: ListedRow): boolean =>
  a.version === b.version ? a.detail > b.detail : a.version > b.version;
