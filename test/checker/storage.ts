/** B. What is stored: whole, in order, what the API says, what the core folds it to, and with an alarm where one is due. */

import { createHash } from 'node:crypto';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { isOpen, newExecution } from '../../src/core/state.ts';
import {
  applyLogged,
  type Execution,
  nextDeadline,
  restore,
  snapshot,
  takeEffects,
} from '../../src/core/transition.ts';
import { firstSeq, runNumberOf } from '../../src/execution/log.ts';
import type { ObjectDump } from './evidence.ts';
import type { Facts } from './facts.ts';

const MAX_ROW_BYTES = 2_000_000;
const MAX_REQUEST_IDS = 10_000;
/** An alarm that failed is armed again so much later. */
const ALARM_RETRY_MS = 5_000;

/** What the structure of each log by itself says, under these names. */
export function structure(...ids: string[]): (facts: Facts) => Iterable<string> {
  return (facts) => facts.structure.filter((line) => ids.some((id) => line.startsWith(`${id}:`)));
}

export const hashOf = (events: HistoryEvent[]): string =>
  createHash('sha256').update(JSON.stringify(events)).digest('hex');

/** I14 */
export function* historyOnlyGrows(facts: Facts): Iterable<string> {
  for (const [runId, events] of Object.entries(facts.evidence.histories)) {
    const run = facts.runById.get(runId);
    if (!run) yield `the API has a history of run ${runId}, and storage has not`;
    else if (JSON.stringify(run.events) !== JSON.stringify(events))
      yield `the history of ${run.workflowId}, run ${runId}, is not what is stored`;
  }
  for (const { workflowId, reply } of facts.ops('history')) {
    const run = reply?.runId && facts.runById.get(reply.runId);
    if (!run || reply.events === undefined) continue;
    if (hashOf(run.events.slice(0, reply.events)) !== reply.sha256)
      yield `the first ${reply.events} events of ${workflowId}, run ${run.runId}, were others when they were read`;
  }
}

/** As text, fields in the order of their names. The numbers that are no fold of events are left out. */
export function plain(state: unknown): string {
  return JSON.stringify(state, (key, value) => {
    if (key === 'historySizeBytes' || key === 'operations') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Where two texts part. */
export function difference(folded: string, live: string): string {
  let at = 0;
  while (folded[at] === live[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 80);
  return `\n  fold …${around(folded)}\n  live …${around(live)}`;
}

/** A load as the object does it: the snapshot, then the rows behind it. */
function load(object: ObjectDump): Execution {
  const execution = newExecution(object.namespace, object.workflowId);
  if (object.snapshot) restore(execution, object.snapshot.data as Parameters<typeof restore>[1]);
  for (const { seq, events } of object.rows)
    if (seq > (object.snapshot?.seq ?? -1)) applyLogged(execution, runNumberOf(seq), events);
  for (const { event } of object.progress) applyLogged(execution, execution.runNumber, [event]);
  return execution;
}

/** I15 */
export function* foldIsState(facts: Facts): Iterable<string> {
  for (const object of facts.evidence.objects) {
    try {
      const folded = plain(snapshot(facts.fold(object)));
      const loaded = plain(snapshot(load(object)));
      if (folded !== loaded) yield `${object.workflowId}: ${difference(folded, loaded)}`;
    } catch (error) {
      yield `${object.workflowId} cannot be loaded: ${(error as Error).message}`;
    }
  }
}

/** I16: rows are written by turns, without a gap; the events of a run go on from row to row. */
export function* turnsAreWhole(facts: Facts): Iterable<string> {
  for (const { workflowId, rows } of facts.evidence.objects) {
    let before: number | undefined;
    for (const { seq, events } of rows) {
      const run = runNumberOf(seq);
      const follows = before !== undefined && runNumberOf(before) === run ? before + 1 : firstSeq(run);
      if (seq !== follows) yield `${workflowId}: row ${seq} where ${follows} was to come`;
      if (events.length === 0) yield `${workflowId}: row ${seq} is empty`;
      before = seq;
    }
  }
}

/** I17 */
export function* somebodyWillCome(facts: Facts): Iterable<string> {
  const { time } = facts.evidence.run;
  const rows = new Map(facts.evidence.visibility.rows.map((row) => [row.runId, row]));
  for (const object of facts.evidence.objects) {
    const state = facts.stateOf(object);
    if (!state?.run) continue;
    takeEffects(state, time);
    const next = nextDeadline(state);
    const { alarm, workflowId } = object;
    if (next !== undefined && (alarm === null || alarm > Math.max(next, time) + ALARM_RETRY_MS))
      yield `${workflowId} is due at ${next}, its alarm is ${alarm}`;
    if (!isOpen(state.run)) continue;
    const row = rows.get(state.run.runId);
    if (!row?.open) yield `${workflowId} is open, and the sweeper does not know it`;
    const { workflowTask, unseen, inBackoff } = state.run;
    if (unseen && !workflowTask && !inBackoff)
      yield `${workflowId} has not seen all, and has no workflow task`;
  }
}

/** I18 */
export function* withinLimits(facts: Facts): Iterable<string> {
  for (const object of facts.evidence.objects) {
    for (const { seq, bytes } of object.rows)
      if (bytes > MAX_ROW_BYTES) yield `${object.workflowId}: row ${seq} has ${bytes} bytes`;
    const ids = facts.stateOf(object)?.requestIds.size ?? 0;
    if (ids > MAX_REQUEST_IDS) yield `${object.workflowId} keeps ${ids} request ids`;
    if (object.workflowId.length > 1_000) yield `${object.workflowId.slice(0, 40)}… is too long`;
  }
}
