/** `perdure activity …`: what an operator may do with pending activities; `perdure workflow pause` and `unpause`. */

import type { Command } from 'commander';
import type { ActivityOptionsJson } from '../common/service.ts';
import { addAnswerCommands } from './activity-answers.ts';
import {
  addCommand,
  type Invocation,
  noun,
  positiveInteger,
  type TargetFlags,
  type Terminal,
  targetFlags,
} from './context.ts';
import { addStandaloneCommands } from './standalone-activity.ts';

interface ActivityFlags extends TargetFlags {
  activityId?: string;
  activityType?: string;
  reason?: string;
  resetAttempts?: boolean;
  resetHeartbeats?: boolean;
  keepPaused?: boolean;
  restoreOriginalOptions?: boolean;
  all?: boolean;
}
interface OptionFlags extends ActivityFlags {
  taskQueue?: string;
  scheduleToCloseTimeout?: string;
  scheduleToStartTimeout?: string;
  startToCloseTimeout?: string;
  heartbeatTimeout?: string;
  retryMaximumAttempts?: number;
  retryInitialInterval?: string;
  retryMaximumInterval?: string;
  retryBackoffCoefficient?: number;
}

const activityFlags = (command: Command): Command =>
  targetFlags(command)
    .option('--activity-id <id>', 'the activity')
    .option('--activity-type <name>', 'instead of an id: all pending activities of this type');
const withAll = (command: Command): Command =>
  activityFlags(command).option('--all', 'all pending activities of the workflow');
const reason = (command: Command): Command => command.option('--reason <text>', 'why; shown by describe');

export function activityCommand(terminal: Terminal): Command {
  const activity = noun('activity', 'start activities; complete, fail, pause, retry and change pending ones');
  const add = <F>(
    name: string,
    description: string,
    define: (command: Command) => Command,
    action: (invocation: Invocation<F>) => Promise<void>,
  ): void => addCommand(activity, terminal, [name, description], define, action);
  addStandaloneCommands(activity, terminal);
  addAnswerCommands(activity, terminal);
  add<ActivityFlags>('pause', 'let no further attempt begin', (c) => reason(activityFlags(c)), pause);
  add<ActivityFlags>(
    'unpause',
    'let attempts begin again',
    (c) =>
      withAll(c)
        .option('--reset-attempts', 'count attempts from 1 again')
        .option('--reset-heartbeats', 'forget the last heartbeat'),
    unpause,
  );
  add<ActivityFlags>(
    'reset',
    'retry now, and count attempts from 1 again',
    (c) =>
      withAll(c)
        .option('--reset-heartbeats', 'forget the last heartbeat')
        .option('--keep-paused', 'a paused activity stays so')
        .option('--restore-original-options', 'undo update-options'),
    reset,
  );
  add<OptionFlags>(
    'update-options',
    'change timeouts, task queue and retry policy',
    optionFlags,
    updateOptions,
  );
  return activity;
}

const optionFlags = (command: Command): Command =>
  withAll(command)
    .option('--restore-original-options', 'as the workflow had asked for')
    .option('--task-queue <name>', 'the task queue')
    .option('--schedule-to-close-timeout <duration>', "for example '60s'")
    .option('--schedule-to-start-timeout <duration>')
    .option('--start-to-close-timeout <duration>')
    .option('--heartbeat-timeout <duration>')
    .option('--retry-maximum-attempts <n>', 'how often at most', positiveInteger)
    .option('--retry-initial-interval <duration>')
    .option('--retry-maximum-interval <duration>')
    .option('--retry-backoff-coefficient <n>', 'at least 1', Number);

/** Which activities, as the requests name them. */
function target({ client, flags }: Invocation<ActivityFlags>) {
  const { workflowId, runId, activityId, activityType } = flags;
  return {
    namespace: client.namespace,
    identity: client.identity,
    execution: { workflowId, ...(runId && { runId }) },
    ...(activityId !== undefined && { id: activityId }),
    ...(activityType !== undefined && { type: activityType }),
  };
}

async function pause(invocation: Invocation<ActivityFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  await client.workflowService.pauseActivity({
    ...target(invocation),
    ...(flags.reason && { reason: flags.reason }),
  });
  show({ paused: true }, 'Paused: an attempt that runs goes on, none begins.');
}

async function unpause(invocation: Invocation<ActivityFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  await client.workflowService.unpauseActivity({
    ...target(invocation),
    ...(flags.all && { unpauseAll: true }),
    ...(flags.resetAttempts && { resetAttempts: true }),
    ...(flags.resetHeartbeats && { resetHeartbeat: true }),
  });
  show({ paused: false }, 'Attempts begin again.');
}

async function reset(invocation: Invocation<ActivityFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  await client.workflowService.resetActivity({
    ...target(invocation),
    ...(flags.all && { matchAll: true }),
    ...(flags.resetHeartbeats && { resetHeartbeat: true }),
    ...(flags.keepPaused && { keepPaused: true }),
    ...(flags.restoreOriginalOptions && { restoreOriginalOptions: true }),
  });
  show({ reset: true }, 'The next attempt is the first again; it begins when none runs.');
}

async function updateOptions(invocation: Invocation<OptionFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  const activityOptions = optionsOf(flags);
  const reply = await client.workflowService.updateActivityOptions({
    ...target(invocation),
    ...(flags.all && { matchAll: true }),
    ...(flags.restoreOriginalOptions ? { restoreOriginal: true } : { activityOptions }),
  });
  show(reply, JSON.stringify(reply.activityOptions, null, 2));
}

function optionsOf(flags: OptionFlags): ActivityOptionsJson {
  const {
    taskQueue,
    retryMaximumAttempts: maximumAttempts,
    retryBackoffCoefficient: backoffCoefficient,
  } = flags;
  const { scheduleToCloseTimeout, scheduleToStartTimeout, startToCloseTimeout, heartbeatTimeout } = flags;
  const { retryInitialInterval: initialInterval, retryMaximumInterval: maximumInterval } = flags;
  const retryPolicy = present({ maximumAttempts, backoffCoefficient, initialInterval, maximumInterval });
  return present({
    taskQueue: taskQueue === undefined ? undefined : { name: taskQueue },
    scheduleToCloseTimeout,
    scheduleToStartTimeout,
    startToCloseTimeout,
    heartbeatTimeout,
    retryPolicy: Object.keys(retryPolicy).length > 0 ? retryPolicy : undefined,
  }) as ActivityOptionsJson;
}

const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

type PauseFlags = TargetFlags & { reason?: string };

export function addPauseCommands(workflow: Command, terminal: Terminal): void {
  const flags = (command: Command): Command => reason(targetFlags(command));
  addCommand<PauseFlags>(
    workflow,
    terminal,
    ['pause', 'take everything in, but run no code until it is unpaused'],
    flags,
    async (invocation) => {
      await invocation.client.workflowService.pauseWorkflowExecution(said(invocation));
      invocation.show({ paused: true }, 'The workflow is paused.');
    },
  );
  addCommand<PauseFlags>(
    workflow,
    terminal,
    ['unpause', 'go on with a paused workflow'],
    flags,
    async (invocation) => {
      await invocation.client.workflowService.unpauseWorkflowExecution(said(invocation));
      invocation.show({ paused: false }, 'The workflow goes on.');
    },
  );
}

function said({ client, flags: { workflowId, runId, reason } }: Invocation<PauseFlags>) {
  const { namespace, identity } = client;
  return { namespace, identity, workflowId, ...(runId && { runId }), ...(reason && { reason }) };
}
