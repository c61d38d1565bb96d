/** Replaying recorded histories against workflow code, as a Worker would: the check to run before code is deployed. */

import { ValueError } from '../common/errors.ts';
import { attributesOf, type HistoryEvent } from '../common/history.ts';
import type { Logger } from '../common/logger.ts';
import type { PayloadConverter } from '../common/payload.ts';
import type { HistoryAndWorkflowId } from '../common/types.ts';
import { DeterminismViolationError } from '../workflow/errors.ts';
import { NondeterminismError } from '../workflow/runtime/match.ts';
import { replayHistory } from '../workflow/runtime/replay-history.ts';
import { type WorkflowSources, workflowsOf } from './load-workflows.ts';
import { checkOptions } from './options.ts';
import { Runtime } from './runtime.ts';

/** The history could not be replayed for a reason other than that the code does not fit it. */
export class ReplayError extends Error {
  override readonly name: string = 'ReplayError';
}

/** A history as it is exported, in JSON. */
export interface History {
  events: HistoryEvent[];
}

export interface ReplayWorkerOptions extends WorkflowSources {
  /** For the logs of this replay. */
  replayName?: string;
  logger?: Logger;
  payloadConverter?: PayloadConverter;
}

export interface ReplayResult {
  readonly workflowId: string;
  readonly runId: string;
  /** Absent when the code fits the history. */
  readonly error?: ReplayError | DeterminismViolationError;
}

/** Histories with the ids of their workflows: an array, a generator, or `client.workflow.list().intoHistories()`. */
export type ReplayHistoriesIterable = AsyncIterable<HistoryAndWorkflowId> | Iterable<HistoryAndWorkflowId>;

/** Replays each history when it is asked for. The results come in the order of the histories. */
export async function* replayHistories(
  options: ReplayWorkerOptions,
  histories: ReplayHistoriesIterable,
): AsyncIterableIterator<ReplayResult> {
  const { replayName = 'replay', payloadConverter } = options;
  const logger = options.logger ?? Runtime.instance().logger;
  const workflows = await workflowsOf(options, logger);
  const checked = checkOptions({ ...options, logger, taskQueue: replayName, workflows }, replayName);
  for await (const { workflowId, history } of histories) {
    const events = eventsOf(history);
    const { originalExecutionRunId: runId } = attributesOf(events[0]!, 'WorkflowExecutionStarted');
    const { error } = await replayHistory(events, checked.workflows, {
      workflowId,
      logger: checked.logger,
      ...(payloadConverter && { payloadConverter }),
    });
    yield { workflowId, runId, ...(error !== undefined && { error: replayErrorOf(error) }) };
  }
}

/** @throws ReplayError or DeterminismViolationError */
export async function replayOne(
  options: ReplayWorkerOptions,
  history: unknown,
  workflowId: string | undefined,
): Promise<void> {
  const events = eventsOf(history);
  const started = attributesOf(events[0]!, 'WorkflowExecutionStarted');
  const one = { workflowId: workflowId ?? started.workflowId ?? 'fake', history: { events } };
  for await (const { error } of replayHistories(options, [one])) if (error) throw error;
}

/** The first event of the answer is a WorkflowExecutionStarted. */
function eventsOf(history: unknown): HistoryEvent[] {
  const { events } = (history ?? {}) as Partial<History>;
  if (
    !Array.isArray(events) ||
    !/WorkflowExecutionStarted|EXECUTION_STARTED/.test(events[0]?.eventType ?? '')
  ) {
    throw new ValueError(
      'history: expected { events: […] } that begins with a WorkflowExecutionStarted, as JSON.parse makes it of an exported history',
    );
  }
  return events;
}

function replayErrorOf(error: unknown): ReplayError | DeterminismViolationError {
  const reason = error instanceof Error ? error.message : String(error);
  const nondeterministic = error instanceof NondeterminismError || error instanceof DeterminismViolationError;
  const made = nondeterministic
    ? new DeterminismViolationError(`The workflow code does not fit the history: ${reason}`)
    : new ReplayError(`The history could not be replayed: ${reason}`);
  made.cause = error;
  return made;
}
