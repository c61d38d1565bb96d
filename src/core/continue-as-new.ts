/**
 * Chains of runs: continue-as-new, retries of a workflow, cron. The run that closes and the one that follows it are
 * written in the same transition, so that there is never a moment without an open run. What was on its way to the run
 * goes on: request ids belong to the workflow id, updates that were not accepted move to the new run, and signals make
 * a continuing task fail until it has seen them.
 */

import {
  type EpochMs,
  fromDurationJson,
  toDurationJson,
  toTimestampJson,
} from '../../sdk/common/duration.ts';
import { type RetryState, toWire } from '../../sdk/common/enums.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { HistoryEventAttributes } from '../../sdk/common/history.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import type { PayloadMapJson, PayloadsJson } from '../../sdk/common/payload.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import { SCHEDULED_BY_ID } from '../../sdk/common/schedule.ts';
import { carryTraceparent } from '../../sdk/common/trace-context.ts';
import {
  checkDuration,
  checkName,
  checkPayloadMap,
  checkPayloads,
  checkRetryPolicy,
  checkSearchAttributes,
} from './check.ts';
import { nextCronTime } from './cron.ts';
import type { Apply, Execute } from './noun.ts';
import { decideRetry } from './retry.ts';
import { MAX_WORKFLOW_TASK_TIMEOUT } from './start.ts';
import type { RunState } from './state.ts';
import { storedLength } from './stored-payload.ts';
import type { Transition } from './transition.ts';
import { carryOver } from './update.ts';
import { ofNextRun } from './versioning.ts';
import { close } from './workflow-execution.ts';

type StartedAttributes = HistoryEventAttributes['WorkflowExecutionStarted'];

export const apply: Apply<'WorkflowExecutionContinuedAsNew'> = {
  WorkflowExecutionContinuedAsNew: (run, attributes, place) =>
    close(run, 'CONTINUED_AS_NEW', place, attributes),
};

export const execute: Execute<'ContinueAsNewWorkflowExecution'> = {
  ContinueAsNewWorkflowExecution: {
    badCause: 'BAD_CONTINUE_AS_NEW_ATTRIBUTES',
    check(run, attributes) {
      if (attributes.workflowType?.name) checkName('workflowType.name', attributes.workflowType.name);
      if (attributes.taskQueue?.name) checkName('taskQueue.name', attributes.taskQueue.name);
      checkPayloads('input', attributes.input);
      checkPayloadMap('memo', attributes.memo?.fields);
      checkSearchAttributes('searchAttributes', attributes.searchAttributes?.indexedFields);
      checkPayloadMap('header', attributes.header?.fields);
      checkDuration('workflowRunTimeout', attributes.workflowRunTimeout);
      checkDuration('workflowTaskTimeout', attributes.workflowTaskTimeout);
      checkDuration('backoffStartInterval', attributes.backoffStartInterval);
      checkRetryPolicy('retryPolicy', attributes.retryPolicy);
      const { input, header, memo = run.memo } = attributes;
      checkNextStart({ input, header, memo, lastCompletionResult: run.restart?.lastCompletionResult });
    },
    record(t, attributes, { workflowTaskCompletedEventId, userMetadata }) {
      const { run } = t;
      const { input, header, initialVersioningBehavior } = attributes;
      const runTimeout = fromDurationJson(attributes.workflowRunTimeout) || run.workflowRunTimeout;
      const taskTimeout = fromDurationJson(attributes.workflowTaskTimeout) || run.workflowTaskTimeout;
      const next = {
        workflowType: { name: attributes.workflowType?.name || run.workflowType },
        taskQueue: {
          name: attributes.taskQueue?.name || run.taskQueue,
          kind: 'TASK_QUEUE_KIND_NORMAL' as const,
        },
        input,
        workflowRunTimeout: toDurationJson(runTimeout),
        workflowTaskTimeout: toDurationJson(Math.min(taskTimeout, MAX_WORKFLOW_TASK_TIMEOUT)),
        header,
        memo: attributes.memo ?? run.memo,
        searchAttributes: attributes.searchAttributes
          ? { indexedFields: { ...scheduledBy(run), ...attributes.searchAttributes.indexedFields } }
          : run.searchAttributes,
      };
      const backoff = fromDurationJson(attributes.backoffStartInterval);
      const initiator = toWire('continueAsNewInitiator', 'WORKFLOW');
      continueRun(
        t,
        (newExecutionRunId) =>
          t.append(
            'WorkflowExecutionContinuedAsNew',
            {
              newExecutionRunId,
              ...next,
              workflowTaskCompletedEventId,
              backoffStartInterval: backoff > 0 ? toDurationJson(backoff) : undefined,
              initiator,
              initialVersioningBehavior,
            },
            { userMetadata },
          ),
        {
          ...next,
          // All runs of a chain are in the one trace.
          header: carryTraceparent(header, run.traceparent),
          initialVersioningBehavior,
          initiator,
          firstWorkflowTaskBackoff: backoff > 0 ? toDurationJson(backoff) : undefined,
          retryPolicy: attributes.retryPolicy ? withDefaults(attributes.retryPolicy) : run.retryPolicy,
          lastCompletionResult: run.restart?.lastCompletionResult,
          attempt: 1,
        },
      );
    },
  },
};

/** The schedule that started the chain follows it, whatever search attributes its runs choose. */
function scheduledBy({ searchAttributes }: RunState): PayloadMapJson {
  const id = searchAttributes?.indexedFields?.[SCHEDULED_BY_ID];
  return id ? { [SCHEDULED_BY_ID]: id } : {};
}

/**
 * A run begins with one event, which travels as one message: what makes it longer is refused while the run before it is open,
 * so that nothing is lost.
 */
function checkNextStart(next: Partial<StartedAttributes>): void {
  const length = storedLength(next);
  if (length <= MAX_MESSAGE_BYTES) return;
  const parts = Object.entries(next).filter(([, part]) => storedLength(part) > 0);
  const sizes = parts.map(([name, part]) => `${name} ${storedLength(part)}`).join(', ');
  throw new ServiceError(
    'PAYLOAD_TOO_LARGE',
    `the first event of the next run would have ${length} bytes of payloads (in base64: ${sizes}); at most ${MAX_MESSAGE_BYTES} fit into one`,
  );
}

/** Of a run that ends by itself: nothing is too long for a run that does not come, as after the last attempt. */
export function checkSequel(run: RunState, ending: Ending, now: EpochMs): void {
  const { next } = sequelOf(run, ending, now);
  if (next) checkNextStart(next);
}

/** How a run ends by itself. */
export type Ending = { result?: PayloadsJson } | { failure: Failure };

/** What follows such an end: another run, or none (and then why it is not retried). */
export interface Sequel {
  retryState: RetryState;
  next?: Partial<StartedAttributes> & { attempt: number };
}

/**
 * A failure is retried as the retry policy says; otherwise, and after a completion, cron lets the workflow come again.
 * No run begins after the execution timeout.
 */
export function sequelOf(run: RunState, ending: Ending, now: EpochMs): Sequel {
  const { retryPolicy: policy, attempt, workflowExecutionExpirationTime: expirationTime } = run;
  let retryState: RetryState = 'RETRY_POLICY_NOT_SET';
  if (policy && 'failure' in ending) {
    const { failure } = ending;
    const decision = decideRetry({ policy, attempt, failure, now, expirationTime });
    if ('delay' in decision) {
      const initiator = toWire('continueAsNewInitiator', 'RETRY');
      const retry = { attempt: attempt + 1, initiator, continuedFailure: failure };
      return { retryState: 'IN_PROGRESS', next: { ...again(run, decision.delay), ...retry } };
    }
    retryState = decision.retryState;
  }
  const time = run.cronSchedule && nextCronTime(run.cronSchedule, run.executionTime, now);
  if (!time || (expirationTime !== undefined && time > expirationTime)) return { retryState };
  const initiator = toWire('continueAsNewInitiator', 'CRON_SCHEDULE');
  const came = 'failure' in ending ? { continuedFailure: ending.failure } : {};
  const { lastCompletionResult } = run.restart ?? {};
  const last = 'failure' in ending ? lastCompletionResult : (ending.result ?? lastCompletionResult);
  return {
    retryState,
    next: { attempt: 1, initiator, ...came, ...again(run, time - now), lastCompletionResult: last },
  };
}

/** What a run that is repeated begins with. */
function again(run: RunState, backoff: number): Partial<StartedAttributes> {
  const { given, ...restart } = run.restart ?? {};
  return {
    ...restart,
    memo: given ? given.memo : run.memo,
    searchAttributes: given ? given.searchAttributes : run.searchAttributes,
    retryPolicy: run.retryPolicy,
    firstWorkflowTaskBackoff: toDurationJson(backoff),
  };
}

/**
 * Closes the run and, if there is a sequel, starts the next one.
 * @param appendClose appends the closing event, which names the next run
 */
export function continueRun(
  t: Transition,
  appendClose: (newExecutionRunId: string) => void,
  {
    initialVersioningBehavior,
    ...next
  }: Partial<StartedAttributes> & {
    attempt: number;
    initialVersioningBehavior?: string;
  },
): void {
  const old = t.run;
  const newRunId = t.newRunId();
  const admitted = [...old.updates.admitted.values()];
  appendClose(newRunId);
  const taskQueue = next.taskQueue?.name ?? old.taskQueue;
  const versioning = ofNextRun(old, { taskQueue, initiator: next.initiator, initialVersioningBehavior });
  const attributes = { ...inherited(old), ...next, ...versioning, originalExecutionRunId: newRunId };
  t.startRun(attributes, old.userMetadata);
  // Who pauses a workflow means its chain: a task that was under way may have continued it behind the pause.
  if (old.pause) {
    const { identity, reason } = old.pause;
    t.append('WorkflowExecutionPaused', { identity, reason });
  }
  carryOver(t, admitted);
}

/** What every later run of a chain has from the one before. */
function inherited(old: RunState): Omit<StartedAttributes, 'originalExecutionRunId' | 'attempt'> {
  const { parent, workflowExecutionExpirationTime: expirationTime } = old;
  return {
    workflowType: { name: old.workflowType },
    taskQueue: { name: old.taskQueue, kind: 'TASK_QUEUE_KIND_NORMAL' },
    workflowExecutionTimeout: toDurationJson(old.workflowExecutionTimeout),
    workflowRunTimeout: toDurationJson(old.workflowRunTimeout),
    workflowTaskTimeout: toDurationJson(old.workflowTaskTimeout),
    workflowExecutionExpirationTime:
      expirationTime === undefined ? undefined : toTimestampJson(expirationTime),
    ...(parent && {
      parentWorkflowNamespace: parent.namespace,
      parentWorkflowExecution: { workflowId: parent.workflowId, runId: parent.runId },
      parentInitiatedEventId: String(parent.initiatedEventId),
      rootWorkflowExecution: parent.rootWorkflowExecution,
    }),
    continuedExecutionRunId: old.runId,
    firstExecutionRunId: old.firstExecutionRunId,
    cronSchedule: old.cronSchedule,
    priority: old.priority,
    workflowId: old.workflowId,
  };
}
