/**
 * One object out of an engine and into another. The first page has the state and says which row is the last: rows are
 * only ever added, so that the pages that follow are of that moment too, however long they take. What was taken over in
 * part is refused to everybody who asks for it (load.ts): its snapshot speaks of rows that are not there yet.
 */

import type { Resumed, WorkflowPage } from '../../sdk/common/backup.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import type { LogEvent } from '../../sdk/common/history.ts';
import { headOf } from '../core/run-log.ts';
import { type Execution, isOpen } from '../core/state.ts';
import { storedIn } from '../core/stored-payload.ts';
import { snapshotText } from './load.ts';
import { decodeRow, loggedEvents, runNumberOf } from './log.ts';
import { mayRefer } from './payloads.ts';
import { corrupt } from './seal.ts';
import type { ExecutionStore, PayloadRow, ProgressRow } from './store.ts';
import type { Turn } from './turn.ts';
import type { WorkflowCalls } from './workflow-calls.ts';

export interface BackupContext {
  readonly store: ExecutionStore;
  readonly workflowCalls: WorkflowCalls;
  turn(): Turn;
  /** A turn as after any restart. */
  wake(): Promise<void>;
}

export class Backup {
  readonly #context: BackupContext;

  constructor(context: BackupContext) {
    this.#context = context;
  }

  exportPage(cursor?: string): Promise<WorkflowPage> {
    const { store } = this.#context;
    const turn = this.#context.turn();
    return turn.committed((execution) => exportPage(store, execution, turn.sequence, cursor));
  }

  /** Nothing of it runs before it is resumed. */
  importPage(page: WorkflowPage): void {
    if (importPage(this.#context.store, page)) this.#context.turn().replaced();
  }

  async resume(): Promise<Resumed> {
    await this.#context.wake();
    await this.tellParentAgain();
    return this.#context.turn().committed((execution) => resumed(this.#context.store, execution));
  }

  /** It may have been restored from a backup of an earlier moment, and not know how this run ended. */
  async tellParentAgain(): Promise<void> {
    const { run } = await this.#context.turn().committed((execution) => execution);
    // One that was never told is owed it anyhow.
    if (!run?.parent || !run.parentNotified) return;
    await this.#context.workflowCalls.tellParentAgain(run);
  }
}

/** A page ends behind the row that makes it longer than this. */
const PAGE_LENGTH = 1_000_000;

/** @param cursor `next` of the page before; the first page is made of a committed state */
export function exportPage(
  store: ExecutionStore,
  execution: Execution,
  sequence: number,
  cursor?: string,
): WorkflowPage {
  const last = store.lastSeq();
  if (last === undefined) return { rows: [], payloads: [] };
  const [from, upTo] = cursor ? placeOf(cursor) : [0, last];
  const page: WorkflowPage = { rows: [], payloads: [] };
  if (!cursor) {
    page.snapshot = { seq: sequence - 1, data: snapshotText(execution) };
    page.progress = store.progress().flatMap((row) => heartbeatOf(store, execution.runNumber, row));
  }
  let length = 0;
  for (const row of store.rows(from, upTo + 1)) {
    if (length > PAGE_LENGTH) return { ...page, next: `${row.seq}-${upTo}` };
    page.rows.push(row);
    length += row.data.length;
    for (const payload of payloadsOf(store, row.seq, decodeRow(row))) {
      if (page.payloads.some(({ runNumber, sha256 }) => isSame(payload, runNumber, sha256))) continue;
      page.payloads.push(payload);
      length += payload.data.length;
    }
  }
  return page;
}

const isSame = (payload: PayloadRow, runNumber: number, sha256: string): boolean =>
  payload.runNumber === runNumber && payload.sha256 === sha256;

function placeOf(cursor: string): [from: number, upTo: number] {
  const [from, upTo] = cursor.split('-').map(Number);
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(upTo))
    throw invalidArgument('pageToken: not a token of this engine; start again without one');
  return [from!, upTo!];
}

function* payloadsOf(store: ExecutionStore, seq: number, events: LogEvent[]): Iterable<PayloadRow> {
  const runNumber = runNumberOf(seq);
  for (const { sha256 } of storedIn(events))
    yield { runNumber, sha256, data: textOf(store, runNumber, sha256) };
}

function heartbeatOf(
  store: ExecutionStore,
  runNumber: number,
  { scheduledEventId, data }: ProgressRow,
): NonNullable<WorkflowPage['progress']> {
  if (data === null) return [];
  const hashes = mayRefer(data) ? new Set(storedIn(JSON.parse(data)).map(({ sha256 }) => sha256)) : [];
  const payloads = [...hashes].map((sha256) => ({ sha256, data: textOf(store, runNumber, sha256) }));
  return [{ scheduledEventId, data, ...(payloads.length > 0 && { payloads }) }];
}

function textOf(store: ExecutionStore, runNumber: number, sha256: string): string {
  const text = store.payload(runNumber, sha256);
  if (text === undefined) throw corrupt(`payload ${sha256} of run ${runNumber}`, 'it is missing');
  return text;
}

/**
 * May be repeated, and a newer export of the same object may follow an older one. Nothing of it runs by itself.
 * @returns whether there was anything new
 * @throws ServiceError ALREADY_EXISTS when the object has a life of its own, DATA_LOSS when a row is not as it was written
 */
export function importPage(store: ExecutionStore, page: WorkflowPage): boolean {
  const { rows: given, snapshot } = page;
  if (given.length === 0) return false;
  const stored = new Map(
    [...store.rows(given[0]!.seq, given.at(-1)!.seq + 1)].map(({ seq, data }) => [seq, data]),
  );
  for (const row of given) {
    decodeRow(row);
    if (stored.has(row.seq) && stored.get(row.seq) !== row.data)
      throw new ServiceError('ALREADY_EXISTS', 'there are runs under this id that the backup does not have');
  }
  const rows = given.filter(({ seq }) => !stored.has(seq));
  if (rows.length === 0) return false;
  const payloads = page.payloads.filter(({ runNumber, sha256 }) => !store.hasPayload(runNumber, sha256));
  const progress: ProgressRow[] = [...(page.progress ?? [])];
  if (page.progress)
    for (const { scheduledEventId } of store.progress())
      if (!progress.some((row) => row.scheduledEventId === scheduledEventId))
        progress.push({ scheduledEventId, data: null });
  store.commit({ rows, payloads, progress, ...(snapshot && { snapshot }) });
  return true;
}

/** What an object says of itself when it was woken after a restore. */
export function resumed(store: ExecutionStore, { run, runNumber: newest }: Execution): Resumed {
  const runIds: string[] = [];
  for (let runNumber = 0; runNumber <= newest; runNumber++) {
    const head = store.lastSeq(runNumber) !== undefined && headOf(loggedEvents(store, runNumber));
    if (head) runIds.push(head.runId);
  }
  const open = run !== undefined && isOpen(run);
  const pending = open ? [...run.children.values()] : [];
  const children = pending.flatMap(({ initiatedEventId, workflowId, workflowType, runId: childRunId }) =>
    childRunId ? [{ runId: run!.runId, initiatedEventId, workflowId, childRunId, workflowType }] : [],
  );
  return { runIds, open, children };
}
