/**
 * Replays a whole history, closed or open, against workflow code: would a run with this history go on with this code?
 * The check to run before a change is deployed, and the judge of recorded histories in tests.
 */

import type { Command } from '../../common/command.ts';
import { invalidArgument } from '../../common/errors.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../../common/history.ts';
import type { WorkflowSessionInit } from '../../common/worker-protocol.ts';
import { NondeterminismError } from './match.ts';
import { WorkflowRun, type WorkflowRunOptions } from './run.ts';
import { userFrames } from './stack-trace.ts';
import type { WorkflowFunction } from './start.ts';

/** The namespace that a run is replayed in, unless it is said: histories do not name theirs. */
export const REPLAY_NAMESPACE = 'default';

export interface ReplayOptions extends Omit<WorkflowRunOptions, 'workflows'>, Partial<WorkflowSessionInit> {}

export interface ReplayReport {
  /** Every command met its event, and no workflow task failed. */
  ok: boolean;
  /** What went wrong: a NondeterminismError, or what the workflow code threw. */
  error?: unknown;
  /** The first event that does not fit the code. */
  divergence?: Divergence;
  /** Commands of the workflow task that is open at the end of the history: nothing can be said about them. */
  openTask: Command[];
}

export interface Divergence {
  eventId: string;
  eventType: string;
  message: string;
  /** The command that came instead of the event's; absent when none came. */
  command?: string;
  /** Frames of the code that issued the command (with `traceCommands`), or else that waits. */
  stack?: string;
}

/**
 * @param history all events from the first on, in the JSON form of Temporal or of this engine
 * @param workflows workflow functions by type
 * @throws ServiceError INVALID_ARGUMENT when the history does not begin with a WorkflowExecutionStarted
 */
export async function replayHistory(
  history: HistoryEvent[] | { events: HistoryEvent[] },
  workflows: Record<string, WorkflowFunction>,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const events = Array.isArray(history) ? history : history.events;
  const run = new WorkflowRun(initOf(events, options), { ...options, workflows });
  const { error, openTask, waiting } = await run.replay(events);
  run[Symbol.dispose]();
  if (error === undefined) return { ok: true, openTask };
  if (!(error instanceof NondeterminismError) || error.eventId === undefined)
    return { ok: false, error, openTask };
  const { eventId, eventType = '', message, command } = error;
  const stack = command === undefined ? waiting?.[0] : userFrames(error.issuedAt ?? '');
  const divergence = {
    eventId,
    eventType,
    message,
    ...(command !== undefined && { command }),
    ...(stack && { stack }),
  };
  return { ok: false, error, divergence, openTask };
}

function initOf([first]: HistoryEvent[], options: ReplayOptions): WorkflowSessionInit {
  if (!first || historyEventName(first.eventType) !== 'WorkflowExecutionStarted') {
    throw invalidArgument('history: the first event must be a WorkflowExecutionStarted');
  }
  const { workflowType, workflowId, originalExecutionRunId, taskQueue } = attributesOf(
    first,
    'WorkflowExecutionStarted',
  );
  return {
    namespace: options.namespace ?? REPLAY_NAMESPACE,
    workflowId: options.workflowId ?? workflowId ?? '',
    runId: options.runId ?? originalExecutionRunId,
    workflowType: options.workflowType ?? workflowType.name,
    taskQueue: options.taskQueue ?? taskQueue.name,
  };
}
