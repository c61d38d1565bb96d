/** What a run does now and what it waits for, in one or a few sentences. Pure. */

import type { DescribeWorkflowExecutionReply, PendingActivityInfo } from '../../../sdk/common/service.ts';
import { clock, dateTime, duration, durationMs, timeMs } from '../format.ts';
import { isOpen } from '../status.ts';
import { eventAttributes, rootMessage } from './event.ts';
import type { Item, ItemKind } from './items.ts';

export interface NowLine {
  kind: ItemKind | 'wait';
  tone: 'running' | 'failed' | 'waiting';
  text: string;
  /** A second, quieter line: the reason. */
  reason?: string;
  /** What a person may do about it. */
  advice?: string;
  /** It waits for a Worker of this one. */
  taskQueue?: string;
  /** Counts down to it. */
  due?: number;
  /** The item that it speaks of. */
  item?: string;
  workflow?: { workflowId: string; runId?: string };
  /** What it may be sent. */
  messages?: Message[];
}

export interface Message {
  kind: 'signal' | 'update';
  name: string;
}

/** Names of the messages that the workflow takes now. */
export interface Handlers {
  signals: string[];
  updates: string[];
}

const LONG = 12 * 3_600_000;
const when = (time: number, now: number): string => (time - now > LONG ? dateTime(time) : clock(time));

function activityLine(activity: PendingActivityInfo, item: string | undefined, now: number): NowLine {
  const { attempt, maximumAttempts, activityType, lastFailure, waitingReason } = activity;
  const of = maximumAttempts ? ` of ${maximumAttempts}` : '';
  const started = timeMs(activity.lastStartedTime);
  const next = timeMs(activity.nextAttemptScheduleTime);
  const reason = waitingReason ?? (lastFailure ? `Last failure: ${rootMessage(lastFailure)}` : undefined);
  const line = { kind: 'activity' as const, reason, item };
  if (activity.state === 'PENDING_ACTIVITY_STATE_PAUSED')
    return { ...line, tone: 'waiting', text: `Activity ${activityType.name} is paused` };
  if (activity.state === 'PENDING_ACTIVITY_STATE_PAUSE_REQUESTED')
    return {
      ...line,
      tone: 'running',
      text: `Activity ${activityType.name} runs, and is paused after attempt ${attempt}`,
    };
  if (activity.state === 'PENDING_ACTIVITY_STATE_CANCEL_REQUESTED')
    return { ...line, tone: 'waiting', text: `Activity ${activityType.name} is asked to cancel` };
  if (next !== undefined && next > now)
    return {
      ...line,
      tone: 'failed',
      text: `Activity ${activityType.name} will be tried again, attempt ${attempt}${of}`,
      due: next,
    };
  if (activity.state === 'PENDING_ACTIVITY_STATE_STARTED') {
    const since = started === undefined ? '' : ` for ${duration(Math.max(0, now - started))}`;
    const tries = attempt > 1 || of ? `, attempt ${attempt}${of}` : '';
    return {
      ...line,
      tone: lastFailure ? 'failed' : 'running',
      text: `Activity ${activityType.name} runs${since}${tries}`,
    };
  }
  const waits = `Activity ${activityType.name} waits for a Worker on ${activity.taskQueue ?? 'its task queue'}`;
  const { taskQueue } = activity;
  return {
    ...line,
    tone: waitingReason ? 'failed' : 'waiting',
    text: waits,
    ...(waitingReason && taskQueue && { taskQueue, advice: NO_WORKER }),
  };
}

function itemLine(item: Item, now: number): NowLine | undefined {
  const { kind, title, detail, dueTime, workflow, id } = item;
  if (kind === 'timer' && dueTime !== undefined)
    return {
      kind,
      tone: 'waiting',
      text: `Timer of ${detail} until ${when(dueTime, now)}`,
      due: dueTime,
      item: id,
    };
  if (kind === 'child')
    return {
      kind,
      tone: 'running',
      text: `Child workflow ${title} is ${item.status === 'scheduled' ? 'being started' : 'running'}`,
      workflow,
      item: id,
    };
  if (kind === 'update') return { kind, tone: 'running', text: `Update ${title} is being handled`, item: id };
  if (kind === 'external')
    return { kind, tone: 'running', text: `${title} ${detail} is on its way`, item: id };
  return undefined;
}

const NO_WORKER = 'Nothing is lost: it goes on as soon as a Worker serves the task queue.';
/** Workflow code takes milliseconds; only a local activity may keep it for longer. */
const BLOCKS_MS = 3_000;

/** Why the last task failed, in the engine's words: `NON_DETERMINISTIC_ERROR` … */
function lastCause(items: readonly Item[]): string | undefined {
  const failed = items.findLast(({ kind, status }) => kind === 'task' && status === 'failed');
  const { cause } = (failed ? eventAttributes(failed.events[0]!) : {}) as { cause?: string };
  return cause?.replace('WORKFLOW_TASK_FAILED_CAUSE_', '');
}

function failingTask(cause: string | undefined): { text: string; advice: string } {
  if (cause === 'NON_DETERMINISTIC_ERROR')
    return {
      text: 'Stuck: the workflow code no longer fits the history of this run',
      advice:
        'Deploy code that fits it (the old code, or the change behind a patch) and it goes on by itself; or reset it to before.',
    };
  return {
    text: 'Stuck: the workflow task fails',
    advice: 'The workflow is still open. Deploy code that does not fail and it goes on by itself.',
  };
}

function runningTask(
  described: DescribeWorkflowExecutionReply,
  line: Pick<NowLine, 'kind' | 'reason'>,
  now: number,
): NowLine {
  const { pendingWorkflowTask: task, executionConfig } = described;
  const since = now - (timeMs(task?.startedTime) ?? now);
  if (since < BLOCKS_MS)
    return { ...line, tone: task?.lastFailure ? 'failed' : 'running', text: 'The workflow code runs' };
  const limit = duration(durationMs(executionConfig.defaultWorkflowTaskTimeout) ?? 10_000);
  return {
    ...line,
    tone: 'failed',
    text: `The workflow code has been running for ${duration(since)}`,
    advice: `Unless it waits for a local activity, it blocks: a loop that does not end, say. Its task times out after ${limit} and is tried again.`,
  };
}

function taskLine(
  described: DescribeWorkflowExecutionReply,
  items: readonly Item[],
  now: number,
): NowLine | undefined {
  const { pendingWorkflowTask: task, executionConfig } = described;
  if (!task) return undefined;
  const scheduled = timeMs(task.scheduledTime) ?? now;
  const reason = task.waitingReason ?? (task.lastFailure && `Last failure: ${rootMessage(task.lastFailure)}`);
  const line = { kind: 'task' as const, reason };
  if (task.state === 'PENDING_WORKFLOW_TASK_STATE_STARTED') return runningTask(described, line, now);
  if (task.lastFailure) {
    const { text, advice } = failingTask(lastCause(items));
    return {
      ...line,
      tone: 'failed',
      text: `${text}; attempt ${task.attempt} follows`,
      advice,
      ...(scheduled > now && { due: scheduled }),
    };
  }
  if (scheduled > now)
    return { ...line, tone: 'waiting', text: `It begins at ${when(scheduled, now)}`, due: scheduled };
  const queue = executionConfig.taskQueue.name;
  return {
    ...line,
    tone: reason ? 'failed' : 'waiting',
    text: `Waits for a Worker on task queue ${queue}`,
    ...(reason && { taskQueue: queue, advice: NO_WORKER }),
  };
}

function messageLine(handlers: Handlers | undefined, alone: boolean): NowLine | undefined {
  const { signals = [], updates = [] } = handlers ?? {};
  const messages: Message[] = [
    ...signals.map((name) => ({ kind: 'signal' as const, name })),
    ...updates.map((name) => ({ kind: 'update' as const, name })),
  ];
  if (messages.length === 0 && !alone) return undefined;
  const text = messages.length === 0 ? 'Waits for a signal or an update' : alone ? 'Waits for' : 'Takes';
  return { kind: 'wait', tone: 'waiting', text, messages };
}

/** Does it not go on although something is due? */
export const isStuck = ({
  pendingWorkflowTask: task,
  pendingActivities,
}: DescribeWorkflowExecutionReply): boolean =>
  Boolean(task?.lastFailure ?? task?.waitingReason) ||
  pendingActivities.some(({ waitingReason }) => waitingReason);

const MOST = 6;

/** Of an open run. A closed one does nothing. */
export function nowLines(
  described: DescribeWorkflowExecutionReply,
  items: readonly Item[],
  handlers: Handlers | undefined,
  now: number,
): NowLine[] {
  if (!isOpen(described.workflowExecutionInfo.status)) return [];
  const task = taskLine(described, items, now);
  const open = items.filter((item) => item.endTime === undefined && item.status !== 'instant');
  const itemOf = new Map(open.flatMap((item) => (item.pending ? [[item.pending.activityId, item.id]] : [])));
  const lines = [
    ...(task ? [task] : []),
    ...described.pendingActivities.map((activity) =>
      activityLine(activity, itemOf.get(activity.activityId), now),
    ),
    ...open.flatMap((item) => itemLine(item, now) ?? []),
  ];
  const message = messageLine(handlers, lines.length === 0);
  const shown = lines.length > MOST ? lines.slice(0, MOST) : lines;
  const more = lines.length - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [{ kind: 'wait' as const, tone: 'waiting' as const, text: `… and ${more} more` }] : []),
    ...(message ? [message] : []),
  ];
}
