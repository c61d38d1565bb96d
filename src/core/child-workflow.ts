/**
 * Children.
 *   initiated → start owed → started → completed | failed | canceled | timed out | terminated
 *                          ↘ start failed
 * A child is another workflow: it is started, dealt with and heard of through requests between objects. Its close may
 * overtake the outcome of its start; then both events are written, in their order. When this run closes, children it
 * has started (or may have) are owed the parent close policy; a child that the closing task itself asked for was never
 * sent, and is started only if it is to be abandoned.
 */

import {
  fromWire,
  type ParentClosePolicy,
  ParentClosePolicy as policies,
  toWire,
} from '../../sdk/common/enums.ts';
import { invalidArgument, notFound } from '../../sdk/common/errors.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import type { ChildClose } from '../../sdk/common/service.ts';
import {
  checkDuration,
  checkName,
  checkPayloadMap,
  checkPayloads,
  checkPriority,
  checkRetryPolicy,
  checkSearchAttributes,
  checkWorkflowId,
  requireOpen,
} from './check.ts';
import { checkCronSchedule } from './cron.ts';
import type { Owed } from './effect.ts';
import { childSettled } from './external-workflow.ts';
import { reusePolicy } from './id-policy.ts';
import { type Apply, BadCommand, type Execute, type Handle, type Place } from './noun.ts';
import { ownerOf } from './reset-origin.ts';
import { workflowTimeouts } from './start.ts';
import {
  allRuns,
  type Execution,
  findRun,
  forgetIfSettled,
  isOpen,
  type PendingChild,
  type RunState,
  runByNumber,
  touch,
} from './state.ts';
import type { Transition } from './transition.ts';

/** Temporal's bound of children that are pending at the same time. */
export const MAX_PENDING_CHILDREN = 2_000;

const itemId = (run: RunState, initiatedEventId: number): string => `${run.runNumber}.${initiatedEventId}`;

type ChildOutcome = `ChildWorkflowExecution${ChildClose['kind']}`;
type ChildEvents =
  | 'StartChildWorkflowExecutionInitiated'
  | 'StartChildWorkflowExecutionFailed'
  | 'ChildWorkflowExecutionStarted'
  | ChildOutcome
  | 'ChildFoundOpen'
  | 'ParentClosePolicyApplied';

type Settled = Exclude<
  ChildEvents,
  'StartChildWorkflowExecutionInitiated' | 'ChildFoundOpen' | 'ParentClosePolicyApplied'
>;
type Settle = (
  run: RunState,
  attributes: { initiatedEventId: string },
  place: Pick<Place, 'execution'>,
) => void;
const over: Settle = (run, { initiatedEventId }, { execution }) =>
  drop(run, Number(initiatedEventId), execution);

const outcomes: { [N in Exclude<Settled, 'ChildWorkflowExecutionStarted'>]: Settle } = {
  StartChildWorkflowExecutionFailed: over,
  ChildWorkflowExecutionCompleted: over,
  ChildWorkflowExecutionFailed: over,
  ChildWorkflowExecutionCanceled: over,
  ChildWorkflowExecutionTimedOut: over,
  ChildWorkflowExecutionTerminated: over,
};

export const apply: Apply<ChildEvents> = {
  ...outcomes,
  StartChildWorkflowExecutionInitiated(run, attributes, { execution, eventId, time }) {
    run.children.set(eventId, {
      initiatedEventId: eventId,
      initiatedTime: time,
      workflowTaskCompletedEventId: Number(attributes.workflowTaskCompletedEventId),
      namespace: attributes.namespace,
      workflowId: attributes.workflowId,
      workflowType: attributes.workflowType.name,
      parentClosePolicy: fromWire<ParentClosePolicy>('parentClosePolicy', attributes.parentClosePolicy)!,
    });
    touch(execution, 'childWorkflow', itemId(run, eventId));
  },
  ChildWorkflowExecutionStarted(run, { initiatedEventId, workflowExecution }, { execution, eventId }) {
    const child = started(run, Number(initiatedEventId), workflowExecution.runId, execution);
    if (child) child.startedEventId = eventId;
  },
  ChildFoundOpen(run, { initiatedEventId }, { execution }) {
    const child = run.children.get(initiatedEventId);
    if (child) child.foundOpen = true;
    touch(execution, 'childWorkflow', itemId(run, initiatedEventId));
  },
  ParentClosePolicyApplied(run, { initiatedEventId }, { execution }) {
    drop(run, initiatedEventId, execution);
    forgetIfSettled(execution, run);
  },
};

/** Gone already when its close is held back: the start then enters history for the record alone. */
function started(
  run: RunState,
  initiatedEventId: number,
  runId: string,
  execution: Execution,
): PendingChild | undefined {
  const child = run.children.get(initiatedEventId);
  if (!child) return undefined;
  child.runId = runId;
  touch(execution, 'childWorkflow', itemId(run, initiatedEventId));
  childSettled(execution, run, child.workflowId);
  return child;
}

function drop(run: RunState, initiatedEventId: number, execution: Execution): void {
  const child = run.children.get(initiatedEventId);
  if (!child) return;
  run.children.delete(initiatedEventId);
  touch(execution, 'childWorkflow', itemId(run, initiatedEventId));
  childSettled(execution, run, child.workflowId);
}

/** The event is held back; what it decides is decided at once. */
export const holdBack: {
  [N in Settled]: (
    run: RunState,
    attributes: HistoryEventAttributes[N],
    place: Pick<Place, 'execution'>,
  ) => void;
} = {
  ...outcomes,
  ChildWorkflowExecutionStarted(run, { initiatedEventId, workflowExecution }, { execution }) {
    started(run, Number(initiatedEventId), workflowExecution.runId, execution);
  },
};

/** The run closes: forgets the children that nothing is to be done about. `task`: the one that closes it. */
export function closeChildren(run: RunState, { execution }: Pick<Place, 'execution'>, task?: string): void {
  for (const child of run.children.values()) {
    const abandoned = child.parentClosePolicy === 'ABANDON';
    const neverSent = child.runId === undefined && child.workflowTaskCompletedEventId === Number(task);
    // Those of a run that is reset go on: they are the new run's, or nobody's until it starts them again.
    if (run.resetRunId) run.children.delete(child.initiatedEventId);
    else if (abandoned ? child.runId !== undefined : neverSent) run.children.delete(child.initiatedEventId);
    touch(execution, 'childWorkflow', itemId(run, child.initiatedEventId));
  }
}

export const execute: Execute<'StartChildWorkflowExecution'> = {
  StartChildWorkflowExecution: {
    badCause: 'BAD_START_CHILD_EXECUTION_ATTRIBUTES',
    check(run, attributes, batch) {
      checkWorkflowId('workflowId', attributes.workflowId);
      checkName('workflowType.name', attributes.workflowType?.name);
      if (attributes.taskQueue?.name) checkName('taskQueue.name', attributes.taskQueue.name);
      checkPayloads('input', attributes.input);
      checkPayloadMap('memo', attributes.memo?.fields);
      checkSearchAttributes('searchAttributes', attributes.searchAttributes?.indexedFields);
      checkPayloadMap('header', attributes.header?.fields);
      checkDuration('workflowExecutionTimeout', attributes.workflowExecutionTimeout);
      checkDuration('workflowRunTimeout', attributes.workflowRunTimeout);
      checkDuration('workflowTaskTimeout', attributes.workflowTaskTimeout);
      checkRetryPolicy('retryPolicy', attributes.retryPolicy);
      checkPriority('priority', attributes.priority);
      checkCronSchedule('cronSchedule', attributes.cronSchedule);
      reusePolicy(attributes);
      parentClosePolicy(attributes.parentClosePolicy);
      if (run.children.size + batch.children >= MAX_PENDING_CHILDREN) {
        const message = `StartChildWorkflowExecution: ${MAX_PENDING_CHILDREN} children are pending already`;
        throw new BadCommand('PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED', message);
      }
      batch.children++;
    },
    record(t, attributes, { workflowTaskCompletedEventId, userMetadata }) {
      const { namespace, taskQueue, ...rest } = attributes;
      const initiated = {
        ...rest,
        ...workflowTimeouts(attributes),
        ...(attributes.retryPolicy && { retryPolicy: withDefaults(attributes.retryPolicy) }),
        workflowIdReusePolicy: toWire('workflowIdReusePolicy', reusePolicy(attributes)),
        namespace: namespace || t.execution.namespace,
        workflowTaskCompletedEventId,
        taskQueue: { name: taskQueue?.name || t.run.taskQueue, kind: 'TASK_QUEUE_KIND_NORMAL' as const },
        parentClosePolicy: toWire('parentClosePolicy', parentClosePolicy(attributes.parentClosePolicy)),
      };
      t.append('StartChildWorkflowExecutionInitiated', initiated, { userMetadata });
    },
  },
};

function parentClosePolicy(value: string | undefined): ParentClosePolicy {
  const policy = fromWire<ParentClosePolicy>('parentClosePolicy', value) ?? 'TERMINATE';
  if (!Object.hasOwn(policies, policy)) throw invalidArgument(`parentClosePolicy: unknown policy ${value}`);
  return policy;
}

/** The child as history events name it. */
const identityOf = (child: PendingChild, runId: string) => ({
  namespace: child.namespace,
  workflowExecution: { workflowId: child.workflowId, runId },
  workflowType: { name: child.workflowType },
  initiatedEventId: String(child.initiatedEventId),
});

function pendingChild(t: Transition, ref: { runId: string; initiatedEventId: number }): PendingChild {
  // After a reset, children go on speaking to the run that started them.
  const { run } = t.execution;
  const inherits = run !== undefined && ownerOf(run, ref.initiatedEventId) === ref.runId;
  const runId = inherits ? run.runId : ref.runId;
  const child = requireOpen(t.execution, { runId }).children.get(ref.initiatedEventId);
  if (!child) throw notFound(`no child of event ${ref.initiatedEventId} is pending`);
  return child;
}

function startingChild(t: Transition, ref: { runId: string; initiatedEventId: number }): PendingChild {
  const child = pendingChild(t, ref);
  if (child.runId !== undefined)
    throw notFound(`the child of event ${ref.initiatedEventId} is started already`);
  return child;
}

export const handle: Handle<
  | 'RecordChildStarted'
  | 'RecordChildStartFailed'
  | 'RecordChildClosed'
  | 'RecordChildFoundOpen'
  | 'RecordParentClosePolicyApplied'
> = {
  RecordChildStarted(t, request) {
    const child = startingChild(t, request);
    t.append('ChildWorkflowExecutionStarted', identityOf(child, request.childRunId));
  },

  RecordChildStartFailed(t, request) {
    const child = startingChild(t, request);
    t.append('StartChildWorkflowExecutionFailed', {
      namespace: child.namespace,
      workflowId: child.workflowId,
      workflowType: { name: child.workflowType },
      cause: request.cause,
      initiatedEventId: String(child.initiatedEventId),
      workflowTaskCompletedEventId: String(child.workflowTaskCompletedEventId),
    });
  },

  RecordChildClosed(t, request) {
    const child = pendingChild(t, request);
    if (child.workflowId !== request.child.workflowId) {
      throw notFound(`the child of event ${request.initiatedEventId} is ${child.workflowId}`);
    }
    if (child.runId === undefined) {
      t.append('ChildWorkflowExecutionStarted', identityOf(child, request.firstExecutionRunId));
    }
    const { kind, ...outcome } = request.close;
    const attributes = {
      ...identityOf(child, request.child.runId),
      // While its start is held back the id is not known: the flush fills it in.
      startedEventId: String(child.startedEventId ?? 0),
      ...outcome,
    };
    t.append(`ChildWorkflowExecution${kind}`, attributes as HistoryEventAttributes[ChildOutcome]);
  },

  RecordChildFoundOpen(t, request) {
    const { initiatedEventId, foundOpen } = pendingChild(t, request);
    if (!foundOpen) t.note('ChildFoundOpen', { initiatedEventId });
  },

  RecordParentClosePolicyApplied(t, { runId, initiatedEventId }) {
    const run = findRun(t.execution, runId);
    if (!run || isOpen(run) || !run.children.has(initiatedEventId)) {
      throw notFound(`no parent close policy of event ${initiatedEventId} is to be applied`);
    }
    t.note('ParentClosePolicyApplied', { initiatedEventId }, run);
  },
};

export function* items(execution: Execution): Iterable<string> {
  for (const run of allRuns(execution)) for (const id of run.children.keys()) yield itemId(run, id);
}

export function effects(execution: Execution, id: string): Owed | undefined {
  const [runNumber, initiatedEventId] = id.split('.').map(Number) as [number, number];
  const run = runByNumber(execution, runNumber);
  const child = run?.children.get(initiatedEventId);
  if (!run || !child) return undefined;
  const { namespace, workflowId, runId: childRunId } = child;
  const which = { runId: run.runId, initiatedEventId, namespace, workflowId };
  const debt = (effect: Owed['effect'], identity: string, since: number): Owed => ({
    effect,
    identity,
    since,
    notBefore: since,
    resend: 'called',
    order: initiatedEventId,
  });
  if (!isOpen(run)) {
    const policy = {
      kind: 'ApplyParentClosePolicy' as const,
      ...which,
      childRunId,
      policy: child.parentClosePolicy,
    };
    return debt(policy, `close/${childRunId ?? ''}`, run.closeTime!);
  }
  if (childRunId !== undefined) {
    // Whether it goes on says nobody but the child. It is asked until it has said so once: from then on it tells of its
    // end by itself, and finds this run open.
    if (child.foundOpen || ownerOf(run, initiatedEventId) === run.runId) return undefined;
    return debt({ kind: 'AskChild', ...which, childRunId }, 'ask', run.reset!.time);
  }
  return debt({ kind: 'StartChild', ...which }, 'start', child.initiatedTime);
}
