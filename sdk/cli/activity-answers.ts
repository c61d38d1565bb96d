/** `perdure activity complete|fail|list`: answering activities from outside, and what is pending. */

import type { Command } from 'commander';
import { ApplicationFailure } from '../common/failure.ts';
import {
  addCommand,
  collectJson,
  type Invocation,
  positiveInteger,
  type TargetFlags,
  type Terminal,
} from './context.ts';
import { pendingActivityRow, table } from './render.ts';
import { listStandalone } from './standalone-activity.ts';

interface AnswerFlags extends Partial<TargetFlags> {
  activityId: string;
}
type ListFlags = Partial<TargetFlags> & { query?: string; limit: number };

/** The workflow that an activity may belong to. */
const maybeOfWorkflow = (command: Command): Command =>
  command
    .option('-w, --workflow-id <id>', 'the workflow; without: an activity that belongs to none')
    .option('-r, --run-id <id>', 'the run; default: the newest');

export function addAnswerCommands(activity: Command, terminal: Terminal): void {
  const one = (command: Command): Command =>
    maybeOfWorkflow(command).requiredOption('-a, --activity-id <id>', 'the activity');
  addCommand<AnswerFlags & { result: unknown[] }>(
    activity,
    terminal,
    ['complete', 'complete a pending activity, whoever works on it'],
    (c) => one(c).requiredOption('--result <json>', 'what it returns', collectJson),
    complete,
  );
  addCommand<AnswerFlags & { reason?: string; detail?: unknown[] }>(
    activity,
    terminal,
    ['fail', 'fail a pending activity for good, whoever works on it'],
    (c) => one(c).option('--reason <text>', 'the message').option('--detail <json>', 'a detail', collectJson),
    fail,
  );
  addCommand<ListFlags>(
    activity,
    terminal,
    ['list', 'activities that belong to no workflow, or the pending ones of a workflow'],
    (c) =>
      maybeOfWorkflow(c)
        .option('-q, --query <filter>', `without a workflow: for example "ActivityType = 'greet'"`)
        .option('--limit <n>', 'without a workflow: how many at most', positiveInteger, 20),
    list,
  );
}

const address = ({ workflowId, runId, activityId }: AnswerFlags) => ({
  activityId,
  ...(workflowId && { workflowId }),
  ...(runId && { runId }),
});

async function complete({
  client,
  flags,
  show,
}: Invocation<AnswerFlags & { result: unknown[] }>): Promise<void> {
  await client.activity.complete(address(flags), flags.result.at(-1));
  show({ activityId: flags.activityId, completed: true }, 'The activity is completed.');
}

async function fail({
  client,
  flags,
  show,
}: Invocation<AnswerFlags & { reason?: string; detail?: unknown[] }>): Promise<void> {
  const { reason: message = 'failed by an operator', detail: details = [] } = flags;
  const failure = ApplicationFailure.create({ message, details, nonRetryable: true });
  await client.activity.fail(address(flags), failure);
  show({ activityId: flags.activityId, failed: true }, 'The activity is failed.');
}

async function list(invocation: Invocation<ListFlags>): Promise<void> {
  const { client, flags, show, decode } = invocation;
  if (flags.workflowId === undefined) return listStandalone(invocation);
  const { raw } = await client.workflow.getHandle(flags.workflowId, flags.runId).describe();
  const pending = await decode(raw.pendingActivities);
  const heading = ['Id', 'Type', 'State', 'Attempt', 'Last failure'];
  const rows = pending.map(pendingActivityRow);
  show(pending, rows.length > 0 ? table([heading, ...rows]) : 'No activity is pending.');
}
