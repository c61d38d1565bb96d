/** `perdure workflow stack|metadata|trace`: where a workflow stands, what it offers, and the tree of what it did. */

import type { Command } from 'commander';
import type { WorkflowExecutionDescription } from '../client/index.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../common/history.ts';
import {
  addCommand,
  type Invocation,
  positiveInteger,
  type TargetFlags,
  type Terminal,
  targetFlags,
} from './context.ts';
import { pendingActivityText, showFailure } from './render.ts';

type TraceFlags = TargetFlags & { depth: number; fold: boolean };

const FOLD_FROM = 4;

export function addInspectCommands(workflow: Command, terminal: Terminal): void {
  addCommand<TargetFlags>(
    workflow,
    terminal,
    ['stack', 'where the code of a workflow stands'],
    targetFlags,
    async ({ client, flags, show }) => {
      const handle = client.workflow.getHandle(flags.workflowId, flags.runId);
      const stack = await handle.query<string>('__stack_trace');
      show({ stack }, stack || 'It waits for nothing in its code.');
    },
  );
  addCommand<TargetFlags>(
    workflow,
    terminal,
    ['metadata', 'which queries, signals and updates a workflow has handlers for'],
    targetFlags,
    async ({ client, flags, show }) => {
      const handle = client.workflow.getHandle(flags.workflowId, flags.runId);
      const metadata = await handle.query<object>('__temporal_workflow_metadata');
      show(metadata, JSON.stringify(metadata, null, 2));
    },
  );
  addCommand<TraceFlags>(
    workflow,
    terminal,
    ['trace', 'a workflow and its children as a tree of what they did and wait for'],
    (command) =>
      targetFlags(command)
        .option('--depth <n>', 'how many levels of children', positiveInteger, 3)
        .option('--no-fold', `name each activity, also where ${FOLD_FROM} or more of one type ended well`),
    trace,
  );
}

/** One line, and what is below it. */
interface Branch {
  text: string;
  branches: Branch[];
}

async function trace(invocation: Invocation<TraceFlags>): Promise<void> {
  const { flags, show } = invocation;
  const { workflowId, runId, depth } = flags;
  const tree = await branchOf(invocation, { workflowId, ...(runId && { runId }) }, depth);
  show(tree, treeText(tree).join('\n'));
}

async function branchOf(
  invocation: Invocation<TraceFlags>,
  { workflowId, runId }: { workflowId: string; runId?: string },
  depth: number,
): Promise<Branch> {
  const { client, decode, flags } = invocation;
  const handle = client.workflow.getHandle(workflowId, runId);
  const [description, history] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const { events } = await decode(history);
  const pending = (await decode(description.raw)).pendingActivities;
  const open = new Set(pending.map(({ activityId }) => activityId));
  const ended = activities(events as HistoryEvent[]).filter(({ id }) => !open.has(id));
  const children = childrenOf(events as HistoryEvent[]);
  const below = depth > 0 ? children : [];
  return {
    text: headline(description),
    branches: [
      ...(flags.fold ? folded(ended) : ended).map(({ text }) => leaf(`activity ${text}`)),
      ...pending.map((activity) => leaf(`activity ${pendingActivityText(activity)}`)),
      ...(description.raw.pendingTimers ?? []).map(({ timerId, fireTime }) =>
        leaf(`timer ${timerId}, fires at ${fireTime}`),
      ),
      ...(await Promise.all(below.map((child) => branchOf(invocation, child, depth - 1)))),
      ...(depth > 0 || children.length === 0
        ? []
        : [leaf(`${children.length} child workflow(s): --depth shows them`)]),
    ],
  };
}

const leaf = (text: string): Branch => ({ text, branches: [] });

function headline({
  type,
  workflowId,
  runId,
  status,
  startTime,
  closeTime,
  historyLength,
}: WorkflowExecutionDescription): string {
  const seconds = (((closeTime ?? new Date()).getTime() - startTime.getTime()) / 1_000).toFixed(1);
  return `${status.name} ${type} ${workflowId} (run ${runId}), ${seconds} s, ${historyLength} events`;
}

interface EndedActivity {
  id: string;
  type: string;
  completed: boolean;
  text: string;
}

/** What became of each activity that is closed, in the order in which they were scheduled. */
function activities(events: HistoryEvent[]): EndedActivity[] {
  const scheduled = new Map<string, { id: string; type: string; attempt: number }>();
  const ended: EndedActivity[] = [];
  const end = (scheduledEventId: string, how: string): void => {
    const activity = scheduled.get(scheduledEventId);
    if (!activity) return;
    const { id, type, attempt } = activity;
    const attempts = attempt > 1 ? `, attempt ${attempt}` : '';
    ended.push({ id, type, completed: how === 'completed', text: `${id} ${type}, ${how}${attempts}` });
  };
  for (const event of events) {
    switch (historyEventName(event.eventType)) {
      case 'ActivityTaskScheduled': {
        const { activityId: id, activityType } = attributesOf(event, 'ActivityTaskScheduled');
        scheduled.set(event.eventId, { id, type: activityType.name, attempt: 1 });
        break;
      }
      case 'ActivityTaskStarted': {
        const { scheduledEventId, attempt } = attributesOf(event, 'ActivityTaskStarted');
        const activity = scheduled.get(scheduledEventId);
        if (activity) activity.attempt = Number(attempt);
        break;
      }
      case 'ActivityTaskCompleted':
        end(attributesOf(event, 'ActivityTaskCompleted').scheduledEventId, 'completed');
        break;
      case 'ActivityTaskCanceled':
        end(attributesOf(event, 'ActivityTaskCanceled').scheduledEventId, 'canceled');
        break;
      case 'ActivityTaskFailed': {
        const { scheduledEventId, failure } = attributesOf(event, 'ActivityTaskFailed');
        end(scheduledEventId, `failed: ${showFailure(failure)}`);
        break;
      }
      case 'ActivityTaskTimedOut': {
        const { scheduledEventId, failure } = attributesOf(event, 'ActivityTaskTimedOut');
        end(scheduledEventId, `timed out: ${showFailure(failure)}`);
      }
    }
  }
  return ended;
}

/** Many that went well are one line. */
function folded(ended: EndedActivity[]): Array<{ text: string }> {
  const well = Map.groupBy(
    ended.filter(({ completed }) => completed),
    ({ type }) => type,
  );
  const many = [...well].filter(([, list]) => list.length >= FOLD_FROM);
  const types = new Set(many.map(([type]) => type));
  return [
    ...many.map(([type, list]) => ({ text: `${type}, ${list.length} completed` })),
    ...ended.filter(({ type, completed }) => !(completed && types.has(type))),
  ];
}

function childrenOf(events: HistoryEvent[]): Array<{ workflowId: string; runId: string }> {
  return events
    .filter(({ eventType }) => historyEventName(eventType) === 'ChildWorkflowExecutionStarted')
    .map((event) => attributesOf(event, 'ChildWorkflowExecutionStarted').workflowExecution);
}

function treeText({ text, branches }: Branch, first = '', rest = ''): string[] {
  const below = branches.flatMap((branch, i) => {
    const last = i === branches.length - 1;
    return treeText(branch, `${rest}${last ? '└── ' : '├── '}`, `${rest}${last ? '    ' : '│   '}`);
  });
  return [`${first}${text}`, ...below];
}
