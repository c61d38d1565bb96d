/**
 * Other workflows that this one signals or asks to cancel.
 *   initiated → request owed → signaled | cancel requested | failed
 * The request id makes a repeat harmless, so the request is sent until it was answered, also after this run has closed.
 */

import { notFound } from '../../sdk/common/errors.ts';
import { checkPayloadMap, checkWorkflowId } from './check.ts';
import type { Owed } from './effect.ts';
import { type Apply, BadCommand, type CommandBatch, type Execute, type Handle, type Place } from './noun.ts';
import { checkSignal } from './signal.ts';
import {
  allRuns,
  type Execution,
  findRun,
  forgetIfSettled,
  isOpen,
  type PendingExternal,
  type RunState,
  runByNumber,
  touch,
} from './state.ts';
import type { Transition } from './transition.ts';

/** Temporal's bound of signals, and of cancel requests, that are on their way at the same time. */
export const MAX_PENDING_EXTERNALS = 2_000;

const itemId = (run: RunState, initiatedEventId: number): string => `${run.runNumber}.${initiatedEventId}`;

type OutcomeEvents =
  | 'SignalExternalWorkflowExecutionFailed'
  | 'ExternalWorkflowExecutionSignaled'
  | 'RequestCancelExternalWorkflowExecutionFailed'
  | 'ExternalWorkflowExecutionCancelRequested';
type ExternalEvents =
  | 'SignalExternalWorkflowExecutionInitiated'
  | 'RequestCancelExternalWorkflowExecutionInitiated'
  | OutcomeEvents
  | 'ExternalCallSettled';

type Ref = { initiatedEventId: string };
const settled = (run: RunState, { initiatedEventId }: Ref, { execution }: Pick<Place, 'execution'>): void =>
  drop(run, Number(initiatedEventId), execution);

/** An outcome that is held back has settled the request all the same. */
export const holdBack: {
  [N in OutcomeEvents]: (run: RunState, attributes: Ref, place: Pick<Place, 'execution'>) => void;
} = {
  SignalExternalWorkflowExecutionFailed: settled,
  ExternalWorkflowExecutionSignaled: settled,
  RequestCancelExternalWorkflowExecutionFailed: settled,
  ExternalWorkflowExecutionCancelRequested: settled,
};

export const apply: Apply<ExternalEvents> = {
  ...holdBack,
  SignalExternalWorkflowExecutionInitiated: (run, attributes, place) => add(run, 'signal', attributes, place),
  RequestCancelExternalWorkflowExecutionInitiated: (run, attributes, place) =>
    add(run, 'cancel', attributes, place),
  ExternalCallSettled(run, { initiatedEventId }, { execution }) {
    drop(run, initiatedEventId, execution);
    forgetIfSettled(execution, run);
  },
};

function add(
  run: RunState,
  kind: PendingExternal['kind'],
  attributes: {
    namespace: string;
    workflowExecution: { workflowId: string; runId?: string };
    childWorkflowOnly?: boolean;
    workflowTaskCompletedEventId: string;
  },
  { execution, eventId, time }: Place,
): void {
  const { namespace, childWorkflowOnly = false } = attributes;
  const { workflowId, runId } = attributes.workflowExecution;
  run.externals.set(eventId, {
    initiatedEventId: eventId,
    initiatedTime: time,
    workflowTaskCompletedEventId: Number(attributes.workflowTaskCompletedEventId),
    kind,
    namespace,
    workflowId,
    ...(runId && { runId }),
    childWorkflowOnly,
  });
  touch(execution, 'externalWorkflow', itemId(run, eventId));
}

function drop(run: RunState, initiatedEventId: number, execution: Execution): void {
  run.externals.delete(initiatedEventId);
  touch(execution, 'externalWorkflow', itemId(run, initiatedEventId));
}

/** A child is started, or never will be: what was to be sent to it may go out. */
export function childSettled(execution: Execution, run: RunState, workflowId: string): void {
  for (const pending of run.externals.values()) {
    if (pending.workflowId === workflowId)
      touch(execution, 'externalWorkflow', itemId(run, pending.initiatedEventId));
  }
}

function count(run: RunState, kind: PendingExternal['kind'], batch: CommandBatch): void {
  batch.externals[kind]++;
  if (run.externals.size + batch.externals[kind] <= MAX_PENDING_EXTERNALS) return;
  let pending = batch.externals[kind];
  for (const external of run.externals.values()) if (external.kind === kind) pending++;
  if (pending <= MAX_PENDING_EXTERNALS) return;
  const cause =
    kind === 'signal' ? 'PENDING_SIGNALS_LIMIT_EXCEEDED' : 'PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED';
  throw new BadCommand(cause, `${MAX_PENDING_EXTERNALS} such requests are on their way already`);
}

export const execute: Execute<'SignalExternalWorkflowExecution' | 'RequestCancelExternalWorkflowExecution'> =
  {
    SignalExternalWorkflowExecution: {
      badCause: 'BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      check(run, { execution, signalName, input, header }, batch) {
        checkWorkflowId('execution.workflowId', execution?.workflowId);
        checkSignal({ signalName, input });
        checkPayloadMap('header', header?.fields);
        count(run, 'signal', batch);
      },
      record(t, { namespace, execution, ...rest }, { workflowTaskCompletedEventId, userMetadata }) {
        const initiated = {
          ...rest,
          namespace: namespace || t.execution.namespace,
          workflowExecution: target(execution),
          workflowTaskCompletedEventId,
        };
        t.append('SignalExternalWorkflowExecutionInitiated', initiated, { userMetadata });
      },
    },
    RequestCancelExternalWorkflowExecution: {
      badCause: 'BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      check(run, { workflowId }, batch) {
        checkWorkflowId('workflowId', workflowId);
        count(run, 'cancel', batch);
      },
      record(t, attributes, { workflowTaskCompletedEventId, userMetadata }) {
        const { namespace, childWorkflowOnly, reason } = attributes;
        const initiated = {
          childWorkflowOnly,
          reason,
          namespace: namespace || t.execution.namespace,
          workflowExecution: target(attributes),
          workflowTaskCompletedEventId,
        };
        t.append('RequestCancelExternalWorkflowExecutionInitiated', initiated, { userMetadata });
      },
    },
  };

const target = ({ workflowId, runId }: { workflowId: string; runId?: string }) => ({
  workflowId,
  ...(runId && { runId }),
});

type Outcome = { runId: string; initiatedEventId: number; failedCause?: string };

/** The run and the request that an outcome is about; a closed run can only take note that it is settled. */
function pendingExternal(
  t: Transition,
  { runId, initiatedEventId }: Outcome,
  kind: PendingExternal['kind'],
): PendingExternal | undefined {
  const run = findRun(t.execution, runId);
  const pending = run?.externals.get(initiatedEventId);
  if (!run || pending?.kind !== kind) throw notFound(`no ${kind} of event ${initiatedEventId} is on its way`);
  if (isOpen(run)) return pending;
  t.note('ExternalCallSettled', { initiatedEventId }, run);
  return undefined;
}

/** The request as its outcome events name it. */
const identityOf = ({ initiatedEventId, namespace, workflowId, runId }: PendingExternal) => ({
  initiatedEventId: String(initiatedEventId),
  namespace,
  workflowExecution: target({ workflowId, runId }),
});

export const handle: Handle<'RecordExternalSignaled' | 'RecordExternalCancelRequested'> = {
  RecordExternalSignaled(t, outcome) {
    const pending = pendingExternal(t, outcome, 'signal');
    if (!pending) return;
    if (!outcome.failedCause) t.append('ExternalWorkflowExecutionSignaled', identityOf(pending));
    else t.append('SignalExternalWorkflowExecutionFailed', failed(pending, outcome.failedCause));
  },
  RecordExternalCancelRequested(t, outcome) {
    const pending = pendingExternal(t, outcome, 'cancel');
    if (!pending) return;
    if (!outcome.failedCause) t.append('ExternalWorkflowExecutionCancelRequested', identityOf(pending));
    else t.append('RequestCancelExternalWorkflowExecutionFailed', failed(pending, outcome.failedCause));
  },
};

function failed(pending: PendingExternal, cause: string) {
  const workflowTaskCompletedEventId = String(pending.workflowTaskCompletedEventId);
  return { ...identityOf(pending), cause, workflowTaskCompletedEventId };
}

export function* items(execution: Execution): Iterable<string> {
  for (const run of allRuns(execution)) for (const id of run.externals.keys()) yield itemId(run, id);
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const [runNumber, initiatedEventId] = id.split('.').map(Number) as [number, number];
  const run = runByNumber(execution, runNumber);
  const pending = run?.externals.get(initiatedEventId);
  if (!run || !pending || isStarting(run, pending)) return undefined;
  const { kind, namespace, workflowId, initiatedTime: since } = pending;
  return {
    effect: {
      kind: kind === 'signal' ? 'SignalExternal' : 'CancelExternal',
      runId: run.runId,
      initiatedEventId,
      namespace,
      workflowId,
    },
    identity: kind,
    since,
    notBefore: since,
    resend: 'called',
    order: initiatedEventId,
  };
}

/** A child is not spoken to before its start has been answered: it might not be there yet. */
function isStarting(run: RunState, { childWorkflowOnly, workflowId }: PendingExternal): boolean {
  if (!childWorkflowOnly || !isOpen(run)) return false;
  for (const child of run.children.values())
    if (child.workflowId === workflowId && child.runId === undefined) return true;
  return false;
}
