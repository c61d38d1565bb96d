/**
 * Counts what a run costs beside its log rows, without a write of its own: what has come together goes along with the
 * next log row of the newest run. What an object did since its last one is lost when it leaves memory.
 */

import type { OperationCounts } from '../../sdk/common/operations.ts';
import { firstSeq } from './log.ts';
import { piecesOf } from './pieces.ts';
import type { Commit } from './store.ts';

/** Each row of the log is a transition, and one row written, by being there. */
export type OtherOperations = Omit<OperationCounts, 'stateTransitions'>;

/** Of a row in lists: the row itself, its place in their order, and while the run is open in that of looks at it. */
const ROWS_LISTED = { open: 3, closed: 2 };
/** The tables of an object, made with its first row. */
const ROWS_OF_SCHEMA = 2;

export class OperationCounter implements OtherOperations {
  rowsWritten = 0;
  objectRequests = 0;
  queueOperations = 0;

  /** A message is written, read and deleted. */
  sent(): void {
    this.queueOperations += 3;
  }

  listed(open: boolean): void {
    this.objectRequests++;
    this.rowsWritten += open ? ROWS_LISTED.open : ROWS_LISTED.closed;
  }

  /** What a row says that is about to be committed with this alarm. */
  until(alarm: number | undefined): OtherOperations {
    const { objectRequests, queueOperations } = this;
    return { rowsWritten: this.rowsWritten + (alarm === undefined ? 0 : 1), objectRequests, queueOperations };
  }

  /** @param told a row of the commit says what had come together by then */
  committed(commit: Commit, told: boolean): void {
    if (told) this.rowsWritten = this.objectRequests = this.queueOperations = 0;
    else if (commit.alarm !== undefined) this.rowsWritten++;
    this.rowsWritten += rowsBeside(commit);
  }

  /** With what stands in the log: all of it. */
  with(counts: OperationCounts): OperationCounts {
    return {
      stateTransitions: counts.stateTransitions,
      rowsWritten: counts.rowsWritten + this.rowsWritten,
      objectRequests: counts.objectRequests + this.objectRequests,
      queueOperations: counts.queueOperations + this.queueOperations,
    };
  }
}

/** Rows of a commit beside those of the log, and beside the alarm. */
function rowsBeside({ rows, progress, snapshot, payloads = [] }: Commit): number {
  const long = [...rows, ...(snapshot ? [snapshot] : [])];
  const kept = [...payloads, ...progress.flatMap((row) => row.payloads ?? [])];
  const pieces = [...long.filter(({ data }) => piecesOf(data) > 1), ...kept];
  const schema = rows.some(({ seq }) => seq === firstSeq(0)) ? ROWS_OF_SCHEMA : 0;
  const singles = schema + progress.length + (snapshot ? 1 : 0);
  return pieces.reduce((sum, { data }) => sum + piecesOf(data), singles);
}
