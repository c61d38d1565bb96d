/**
 * Reset: a new run with the history of another one up to a workflow task, which is done again.
 *   base run: … → superseded → terminated, if it was open
 *   new run:  the same first events → WorkflowTaskFailed (RESET_WORKFLOW) → what is reapplied → a workflow task
 * One transition, so that there is never a moment without the one or the other. Pending activities begin anew, timers
 * keep the time that they were set to, children go on (see `reset-origin.ts`). Signals, updates and requests to cancel
 * that came after the point are reapplied, in their order, unless the request excludes them; so are outcomes of children
 * and messages that were begun before the point, for nobody would tell of them again. What came to runs that followed
 * the base (by continuing it, or by an earlier reset) counts as well.
 */

import { fromWire, ResetReapplyExcludeType, ResetReapplyType, toWire } from '../../sdk/common/enums.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventAttributes,
  type HistoryEventName,
  historyEventName,
  isTransient,
  type LogEvent,
  type UpdateRequestJson,
} from '../../sdk/common/history.ts';
import type { ResetWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import { readOnly } from './check.ts';
import type { Apply, Handle } from './noun.ts';
import { findRequestId } from './request-ids.ts';
import { ownerOf, ownersUntil } from './reset-origin.ts';
import { resetPoint } from './reset-point.ts';
import { findLogged, headOf, type RunHead, type RunLogs } from './run-log.ts';
import { isOpen, touch } from './state.ts';
import type { Transition } from './transition.ts';
import { updateProgress } from './update.ts';
import { terminate } from './workflow-execution.ts';

export const apply: Apply<'RunReset' | 'ResetReapplied' | 'RunSuperseded'> = {
  RunReset(run, { runId, baseWorkflowId: _, ...origin }, { time }) {
    run.runId = runId;
    run.reset = { ...origin, time };
  },
  ResetReapplied() {},
  RunSuperseded(run, { runId }, { execution }) {
    run.resetRunId = runId;
    touch(execution, 'parent', run.runNumber);
    touch(execution, 'schedule', run.runNumber);
    touch(execution, 'deletion', run.runNumber);
  },
};

/** A run as its log tells of it. */
interface Base extends RunHead {
  runNumber: number;
  history: HistoryEvent[];
}

export const handle: Handle<'ResetWorkflowExecution'> = {
  ResetWorkflowExecution(t, request) {
    const { requestId, reason = '', identity } = request;
    const known = findRequestId(t.execution, request.kind, requestId);
    if (known) return { runId: known.runId };
    const excluded = exclusions(request);
    const base = findBase(t, request.workflowExecution.runId);
    if (base.imported) throw readOnly(base.runId);
    const eventId = resetPoint(base.history, request);
    const runId = t.newRunId();
    const admitted = [...(t.execution.run?.updates.admitted.values() ?? [])];
    supersede(t, base, runId, { reason, identity });
    // Terminating it may have let in what was held back.
    const after = laterEvents(t, base, eventId);
    const prefix = base.history.slice(0, eventId - 1);
    t.startReset(
      {
        runId,
        baseRunId: base.runId,
        eventId,
        owners: ownersUntil(base, eventId),
        childrenStartedLater: childrenIn(after),
      },
      prefix,
    );
    failTask(t, prefix.at(-1)!, { reason, identity });
    reapply(t, after, excluded);
    if (!excluded.has('UPDATE')) for (const update of admitted) readmit(t, update);
    t.note('ResetReapplied', {});
    if (requestId) t.note('RequestIdRecorded', { requestId, requestKind: request.kind, runId });
    return { runId };
  },
};

/** @throws ServiceError INVALID_ARGUMENT */
export function exclusions(
  request: Pick<ResetWorkflowExecutionRequest, 'resetReapplyType' | 'resetReapplyExcludeTypes'>,
): Set<ResetReapplyExcludeType> {
  const all = Object.keys(ResetReapplyExcludeType) as ResetReapplyExcludeType[];
  const type = fromWire<ResetReapplyType>('resetReapplyType', request.resetReapplyType) ?? 'ALL_ELIGIBLE';
  if (!Object.hasOwn(ResetReapplyType, type))
    throw invalidArgument(`resetReapplyType: unknown type ${request.resetReapplyType}`);
  if (type !== 'ALL_ELIGIBLE')
    return new Set(type === 'NONE' ? all : all.filter((kind) => kind !== 'SIGNAL'));
  const excluded = new Set<ResetReapplyExcludeType>();
  for (const name of request.resetReapplyExcludeTypes ?? []) {
    const kind = fromWire<ResetReapplyExcludeType>('resetReapplyExcludeType', name);
    if (!kind || !all.includes(kind)) throw invalidArgument(`resetReapplyExcludeTypes: unknown type ${name}`);
    excluded.add(kind);
  }
  return excluded;
}

export function findBase(t: RunLogs, runId: string | undefined): Base {
  const base = findLogged(t, runId);
  return { ...base, history: historyOf(t.log(base.runNumber)) };
}

/** The newest run, unless it was deleted, makes room. Where it is of the same chain, the new run takes over its children and its parent. */
function supersede(
  t: Transition,
  base: Base,
  runId: string,
  { reason, identity }: { reason: string; identity?: string | undefined },
): void {
  const { run } = t.execution;
  if (!run) return;
  if (run.firstExecutionRunId === base.firstExecutionRunId) t.note('RunSuperseded', { runId });
  if (isOpen(run)) terminate(t, { reason, ...(identity && { identity }) });
}

const historyOf = (log: Iterable<LogEvent>): HistoryEvent[] =>
  [...log].filter((event): event is HistoryEvent => !isTransient(event));

/** An event that came after the point, and the run that it came to: event ids mean something to that run alone. */
export interface Later {
  event: HistoryEvent;
  to: RunHead;
}

export function laterEvents(t: RunLogs, base: Base, eventId: number): Later[] {
  const own = historyOf(t.log(base.runNumber)).slice(eventId - 1);
  const later: Later[] = own.map((event) => ({ event, to: base }));
  for (let { runNumber } = base; runNumber < t.execution.runNumber && isFollowed(t, runNumber); ) {
    // The run that follows another one has the next number; it may have been deleted since.
    const to = headOf(t.log(++runNumber));
    if (!to) break;
    for (const event of ownEvents(t, runNumber)) later.push({ event, to });
  }
  return later;
}

/** Does a run go on where this one ended: as its continuation, or as a reset of it? */
function isFollowed(t: RunLogs, runNumber: number): boolean {
  let last: HistoryEvent | undefined;
  for (const event of t.log(runNumber)) {
    if (!isTransient(event)) last = event;
    else if (event.transient === 'RunSuperseded') return true;
  }
  if (!last) return false;
  const name = historyEventName(last.eventType)!;
  return Boolean((attributesOf(last, name) as { newExecutionRunId?: string }).newExecutionRunId);
}

/** Without what a reset gave it: that is another run's. */
function ownEvents(t: RunLogs, runNumber: number): HistoryEvent[] {
  let own: HistoryEvent[] = [];
  for (const event of t.log(runNumber)) {
    if (!isTransient(event)) own.push(event);
    else if (event.transient === 'ResetReapplied') own = [];
  }
  return own;
}

function childrenIn(later: Later[]): string[] {
  const name = 'StartChildWorkflowExecutionInitiated';
  const initiated = later.filter(({ event }) => historyEventName(event.eventType) === name);
  return [...new Set(initiated.map(({ event }) => attributesOf(event, name).workflowId))];
}

/** The workflow task at the end of the prefix is over, so that the workflow is asked again. */
export function failTask(
  t: Transition,
  last: HistoryEvent,
  { reason, identity }: { reason: string; identity?: string | undefined },
): void {
  const { run } = t;
  const scheduledEventId = String(run.workflowTask!.scheduledEventId);
  // Its start may be the first event that is not taken over.
  const waiting = historyEventName(last.eventType) !== 'WorkflowTaskStarted';
  if (waiting) t.append('WorkflowTaskStarted', { scheduledEventId, identity });
  t.append('WorkflowTaskFailed', {
    scheduledEventId,
    startedEventId: String(run.nextEventId - 1),
    cause: toWire('workflowTaskFailedCause', 'RESET_WORKFLOW'),
    failure: { message: reason, source: 'Server', resetWorkflowFailureInfo: {} },
    identity,
    baseRunId: run.reset!.baseRunId,
    newRunId: run.runId,
  });
}

export function reapply(t: Transition, later: Later[], excluded: Set<ResetReapplyExcludeType>): void {
  for (const { event, to } of later) {
    const name = historyEventName(event.eventType);
    if (name === 'WorkflowExecutionSignaled') {
      if (!excluded.has('SIGNAL')) t.append(name, attributesOf(event, name));
    } else if (name === 'WorkflowExecutionUpdateAccepted') {
      const { acceptedRequest } = attributesOf(event, name);
      if (!excluded.has('UPDATE')) readmit(t, acceptedRequest);
    } else if (name === 'WorkflowExecutionCancelRequested') {
      if (!excluded.has('CANCEL_REQUEST') && !t.run.cancelRequested)
        t.append(name, attributesOf(event, name));
    } else if (name === 'WorkflowExecutionOptionsUpdated') {
      t.append(name, attributesOf(event, name));
    } else if (name) reapplyOutcome(t, { event, to }, name);
  }
}

/** An update whose answer the reset has undone is asked again. */
function readmit(t: Transition, request: UpdateRequestJson): void {
  if (updateProgress(t.run, request.meta.updateId)) return;
  t.note('UpdateAdmitted', { request });
}

type Outcome = { initiatedEventId: string; startedEventId?: string };

/** Of a child or message that the prefix began and that is pending now. */
function reapplyOutcome(t: Transition, { event, to }: Later, name: HistoryEventName): void {
  const attributes = attributesOf(event, name) as unknown as Outcome;
  if (attributes.initiatedEventId === undefined || name === 'StartChildWorkflowExecutionInitiated') return;
  const initiatedEventId = Number(attributes.initiatedEventId);
  if (ownerOf(to, initiatedEventId) !== ownerOf(t.run, initiatedEventId)) return;
  const child = t.run.children.get(initiatedEventId);
  if (!child && !t.run.externals.has(initiatedEventId)) return;
  const started = child?.startedEventId !== undefined && 'startedEventId' in attributes;
  const renumbered = started ? { ...attributes, startedEventId: String(child.startedEventId) } : attributes;
  t.append(name, renumbered as unknown as HistoryEventAttributes[typeof name]);
}
