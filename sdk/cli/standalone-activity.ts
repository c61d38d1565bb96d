/** `perdure activity start|execute|result|…`: activities that belong to no workflow. */

import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import {
  ActivityExecutionFailedError,
  type ActivityExecutionInfo,
  type ActivityHandle,
  type ActivityOptions,
} from '../client/index.ts';
import type { ActivityIdConflictPolicy, ActivityIdReusePolicy } from '../common/enums.ts';
import { addCommand, ExitError, type Invocation, positiveInteger, type Terminal } from './context.ts';
import { inputFlags } from './input.ts';
import { errorLines, table } from './render.ts';
import { type PriorityFlags, priorityFlags } from './start-flags.ts';

interface ActivityFlags {
  activityId: string;
  runId?: string;
}
type ReasonFlags = ActivityFlags & { reason?: string };
interface StartFlags extends PriorityFlags {
  activityId?: string;
  type: string;
  taskQueue: string;
  input?: unknown[];
  scheduleToCloseTimeout?: string;
  scheduleToStartTimeout?: string;
  startToCloseTimeout?: string;
  heartbeatTimeout?: string;
  retryMaximumAttempts?: number;
  retryInitialInterval?: string;
  retryMaximumInterval?: string;
  retryBackoffCoefficient?: number;
  idReusePolicy?: ActivityIdReusePolicy;
  idConflictPolicy?: ActivityIdConflictPolicy;
  staticSummary?: string;
}

const one = (command: Command): Command =>
  command
    .requiredOption('-a, --activity-id <id>', 'the activity')
    .option('-r, --run-id <id>', 'the run; default: the newest');
const withReason = (command: Command): Command => one(command).option('--reason <text>', 'why');
const policy =
  (...names: string[]) =>
  (text: string): string => {
    const name = text.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
    if (names.includes(name)) return name;
    throw new InvalidArgumentError(`One of ${names.join(', ')}.`);
  };

const startFlags = (command: Command): Command =>
  priorityFlags(
    inputFlags(
      command
        .requiredOption('--type <name>', 'the activity type')
        .requiredOption('-t, --task-queue <name>', 'the task queue that Workers serve')
        .option('-a, --activity-id <id>', 'default: a random one'),
    )
      .option('--start-to-close-timeout <duration>', 'longest time of one attempt')
      .option('--schedule-to-close-timeout <duration>', 'longest time of all attempts')
      .option('--schedule-to-start-timeout <duration>', 'longest wait for a Worker')
      .option('--heartbeat-timeout <duration>', 'longest time between heartbeats')
      .option('--retry-maximum-attempts <n>', 'how often at most', positiveInteger)
      .option('--retry-initial-interval <duration>', 'the first pause')
      .option('--retry-maximum-interval <duration>', 'the longest pause')
      .option('--retry-backoff-coefficient <n>', 'at least 1', Number)
      .option(
        '--id-reuse-policy <policy>',
        'when a closed one has the id: ALLOW_DUPLICATE (default), ALLOW_DUPLICATE_FAILED_ONLY, REJECT_DUPLICATE',
        policy('ALLOW_DUPLICATE', 'ALLOW_DUPLICATE_FAILED_ONLY', 'REJECT_DUPLICATE'),
      )
      .option(
        '--id-conflict-policy <policy>',
        'when a running one has the id: FAIL (default), USE_EXISTING',
        policy('FAIL', 'USE_EXISTING'),
      )
      .option('--static-summary <text>', 'one line about this activity'),
  );

export function addStandaloneCommands(activity: Command, terminal: Terminal): void {
  const add = <F>(
    name: string,
    description: string,
    define: (command: Command) => Command,
    action: (invocation: Invocation<F>) => Promise<void>,
  ): void => addCommand(activity, terminal, [name, description], define, action);
  add<StartFlags>('start', 'start an activity that belongs to no workflow', startFlags, start);
  add<StartFlags>('execute', 'start an activity and print its result', startFlags, execute);
  add<ActivityFlags>('result', 'wait for the result of an activity', one, result);
  add<ActivityFlags>('describe', 'how an activity fares', one, describe);
  add<ReasonFlags>('cancel', 'ask an activity to end', withReason, cancel);
  add<ReasonFlags>('terminate', 'end an activity without asking it', withReason, terminate);
  add<ActivityFlags>('delete', 'delete an activity and all that is stored of it', one, remove);
  add<{ query?: string }>(
    'count',
    'count activities that belong to no workflow',
    (c) => c.option('-q, --query <filter>', 'for example "ActivityType = \'greet\'"'),
    count,
  );
}

function startOptions(flags: StartFlags): ActivityOptions {
  const { scheduleToCloseTimeout, scheduleToStartTimeout, startToCloseTimeout, heartbeatTimeout } = flags;
  const retry = {
    maximumAttempts: flags.retryMaximumAttempts,
    initialInterval: flags.retryInitialInterval,
    maximumInterval: flags.retryMaximumInterval,
    backoffCoefficient: flags.retryBackoffCoefficient,
  };
  const priority = {
    priorityKey: flags.priorityKey,
    fairnessKey: flags.fairnessKey,
    fairnessWeight: flags.fairnessWeight,
  };
  return {
    id: flags.activityId ?? crypto.randomUUID(),
    taskQueue: flags.taskQueue,
    args: flags.input ?? [],
    ...given({ scheduleToCloseTimeout, scheduleToStartTimeout, startToCloseTimeout, heartbeatTimeout }),
    ...given({ idReusePolicy: flags.idReusePolicy, idConflictPolicy: flags.idConflictPolicy }),
    ...(Object.keys(given(retry)).length > 0 && { retry: given(retry) }),
    ...(Object.keys(given(priority)).length > 0 && { priority: given(priority) }),
    ...(flags.staticSummary && { summary: flags.staticSummary }),
  } as ActivityOptions;
}
const given = (flags: object): object =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));

async function start({ client, flags, show }: Invocation<StartFlags>): Promise<void> {
  const { activityId, runId } = await client.activity.start(flags.type, startOptions(flags));
  show({ activityId, runId }, `Activity ${activityId}, run ${runId}`);
}

async function execute(invocation: Invocation<StartFlags>): Promise<void> {
  const { client, flags, terminal } = invocation;
  const handle = await client.activity.start(flags.type, startOptions(flags));
  if (flags.output === 'text') terminal.print(`Activity ${handle.activityId}, run ${handle.runId}`);
  await printResult(invocation, handle);
}

const handleOf = <F extends ActivityFlags>({ client, flags }: Invocation<F>): ActivityHandle =>
  client.activity.getHandle(flags.activityId, flags.runId);

async function result(invocation: Invocation<ActivityFlags>): Promise<void> {
  await printResult(invocation, handleOf(invocation));
}

/** An activity that did not complete makes the command fail (exit code 1). */
async function printResult<F>(
  { show, flags, terminal }: Invocation<F>,
  handle: ActivityHandle,
): Promise<void> {
  const { activityId, runId } = handle;
  try {
    const value: unknown = await handle.result();
    const json = { activityId, runId, status: 'COMPLETED', result: value };
    show(json, JSON.stringify(value, null, 2) ?? 'no result');
  } catch (error) {
    if (!(error instanceof ActivityExecutionFailedError)) throw error;
    const lines = errorLines(error);
    if (flags.output !== 'text') show({ activityId, runId, status: 'FAILED', failure: lines }, '');
    else for (const line of lines) terminal.complain(terminal.colors.red(line));
    throw new ExitError(1);
  }
}

async function describe(invocation: Invocation<ActivityFlags>): Promise<void> {
  const description = await handleOf(invocation).describe({ includeLastFailure: true });
  const failure = await description.getLastFailure();
  const rows = [
    ['Activity', description.activityId],
    ['Run', description.activityRunId],
    ['Type', description.activityType],
    ['Status', [description.status, description.runState].filter(Boolean).join(', ')],
    ['Task queue', description.taskQueue],
    ['Attempt', String(description.attempt)],
    ['Scheduled', description.scheduleTime?.toISOString() ?? ''],
    ...(description.closeTime ? [['Closed', description.closeTime.toISOString()]] : []),
    ...(failure ? [['Last failure', failure.message]] : []),
  ];
  invocation.show(await invocation.decode(description.rawInfo), table(rows));
}

async function cancel(invocation: Invocation<ReasonFlags>): Promise<void> {
  const { activityId, reason = '' } = invocation.flags;
  await handleOf(invocation).cancel(reason);
  invocation.show({ activityId, cancelRequested: true }, 'The request to cancel is recorded.');
}

async function terminate(invocation: Invocation<ReasonFlags>): Promise<void> {
  const { activityId, reason = '' } = invocation.flags;
  await handleOf(invocation).terminate(reason);
  invocation.show({ activityId, terminated: true }, 'The activity is terminated.');
}

async function remove({ client, flags, show }: Invocation<ActivityFlags>): Promise<void> {
  const { activityId, runId } = flags;
  const { namespace } = client;
  await client.jsonService
    .deleteActivityExecution({ namespace, activityId, ...(runId && { runId }) })
    .catch((error) => {
      throw toClientError(error, 'delete the activity');
    });
  show({ activityId, deleted: true }, 'The activity is deleted.');
}

/** `activity list` without a workflow. */
export async function listStandalone({
  client,
  flags,
  show,
}: Invocation<{ query?: string; limit: number }>): Promise<void> {
  const found: ActivityExecutionInfo[] = [];
  for await (const info of client.activity.list(flags.query ?? '')) {
    found.push(info);
    if (found.length >= flags.limit) break;
  }
  const rows = found.map((a) => [
    a.status,
    a.activityId,
    a.activityRunId,
    a.activityType,
    a.taskQueue,
    a.scheduleTime?.toISOString() ?? '',
  ]);
  const heading = ['Status', 'Activity', 'Run', 'Type', 'Task queue', 'Scheduled'];
  const text = rows.length > 0 ? table([heading, ...rows]) : 'No activities.';
  show(
    found.map((a) => a.rawListInfo),
    text,
  );
}

async function count({ client, flags, show }: Invocation<{ query?: string }>): Promise<void> {
  const { count, groups = [] } = await client.activity.count(flags.query ?? '');
  const rows = groups.map((g) => [(g.groupValues ?? []).map(String).join(', '), String(g.count)]);
  const text = rows.length > 0 ? table([...rows, ['Total', String(count)]]) : String(count);
  show({ count, ...(groups.length > 0 && { groups }) }, text);
}
