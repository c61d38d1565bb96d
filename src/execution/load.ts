/** A state from its storage: the snapshot, the rows behind it, the heartbeats. What is not as it was written is refused. */

import { ServiceError } from '../../sdk/common/errors.ts';
import { isTransient, type LogEvent, transientEvents } from '../../sdk/common/history.ts';
import { type Execution, newExecution } from '../core/state.ts';
import { applyLogged, restore, snapshot } from '../core/transition.ts';
import { addRows, checkFollows, decodeRow, firstSeq, runNumberOf } from './log.ts';
import { corrupt, isCorruption, sealed, unsealed } from './seal.ts';
import type { ExecutionStore } from './store.ts';

export const SNAPSHOT = 'the snapshot';
const progressName = (scheduledEventId: number): string => `the heartbeat of activity ${scheduledEventId}`;

export const snapshotText = (execution: Execution): string =>
  sealed(JSON.stringify(snapshot(execution)), SNAPSHOT);

export function progressRow(event: LogEvent): { scheduledEventId: number; data: string } {
  const { scheduledEventId } = (event as { attributes: { scheduledEventId: number } }).attributes;
  return { scheduledEventId, data: sealed(JSON.stringify(event), progressName(scheduledEventId)) };
}

/** It is kept in a row of its own, and overwrites the one before it. */
export const isProgress = (event: LogEvent): boolean =>
  isTransient(event) && 'progress' in transientEvents[event.transient];

export interface Loaded {
  execution: Execution;
  nextSeq: number;
  rowsSinceSnapshot: number;
  /** Activities of which a heartbeat is stored. */
  progressRows: Set<number>;
}

/** @throws ServiceError DATA_LOSS that names the workflow and the row */
export function load(namespace: string, workflowId: string, store: ExecutionStore): Loaded {
  try {
    return fold(namespace, workflowId, store);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    const whose = `workflow ${workflowId} in namespace ${namespace}`;
    throw new ServiceError('DATA_LOSS', `${whose} cannot be loaded, and takes nothing: ${error.message}`);
  }
}

function fold(namespace: string, workflowId: string, store: ExecutionStore): Loaded {
  const execution = newExecution(namespace, workflowId);
  const last = store.lastSeq();
  const loaded: Loaded = { execution, nextSeq: 0, rowsSinceSnapshot: 0, progressRows: new Set() };
  if (last === undefined) return loaded;
  const stored = store.snapshot();
  // The newest run may have been deleted: its numbers are not given again.
  loaded.nextSeq = Math.max(last, stored?.seq ?? 0) + 1;
  const restored = stored !== undefined && restore(execution, unsealed(stored.data, SNAPSHOT));
  if (restored) checkTail(execution, store, stored.seq);
  let before = restored ? stored.seq : undefined;
  for (const row of store.rows(restored ? stored.seq + 1 : 0, Number.MAX_SAFE_INTEGER)) {
    checkFollows(before, row);
    before = row.seq;
    const runNumber = runNumberOf(row.seq);
    const events = decodeRow(row);
    applyLogged(execution, runNumber, events);
    if (runNumber === execution.runNumber) addRows(execution.run!, [row], events);
    loaded.rowsSinceSnapshot++;
  }
  const { runNumber } = execution;
  for (const { scheduledEventId, data } of store.progress()) {
    loaded.progressRows.add(scheduledEventId);
    if (data === null) continue;
    applyLogged(execution, runNumber, [unsealed<LogEvent>(data, progressName(scheduledEventId))]);
  }
  return loaded;
}

/** The rows that a snapshot of the newest run stands for are there. A restore that is not finished lacks them. */
function checkTail({ run, runNumber }: Execution, store: ExecutionStore, seq: number): void {
  if (!run || runNumberOf(seq) !== runNumber) return;
  const last = store.lastSeq(runNumber) ?? firstSeq(runNumber) - 1;
  if (last < seq) throw corrupt(`log row ${last + 1}`, 'it is missing');
}
