/** `perdure worker …`: which Workers the engine knows. */

import type { Command } from 'commander';
import { toClientError } from '../client/errors.ts';
import type { ListedWorker } from '../client/index.ts';
import { addBuildCommand } from './build.ts';
import { addCommand, type Invocation, noun, type Terminal } from './context.ts';
import { deploymentCommand } from './deployment.ts';
import { table } from './render.ts';

interface UrlFlags {
  url: string;
}

export function workerCommand(terminal: Terminal): Command {
  const worker = noun('worker', 'build Workers, register them and list them');
  const urlFlag = (command: Command): Command =>
    command.requiredOption('--url <url>', 'where the engine reaches the Worker');
  addCommand<UrlFlags>(
    worker,
    terminal,
    ['register', 'make a Worker known to the engine'],
    urlFlag,
    register,
  );
  addCommand<UrlFlags>(worker, terminal, ['unregister', 'forget a Worker'], urlFlag, unregister);
  addCommand<{ workerInstanceKey: string }>(
    worker,
    terminal,
    ['describe', 'what a Worker is, and what it serves'],
    (c) => c.requiredOption('--worker-instance-key <url>', 'the Worker, by its URL'),
    describe,
  );
  addCommand<object>(worker, terminal, ['list', 'list Workers and what they serve'], (c) => c, list);
  addCommand<object>(worker, terminal, ['count', 'how many Workers there are'], (c) => c, count);
  addBuildCommand(worker);
  worker.addCommand(deploymentCommand(terminal));
  return worker;
}

async function register({ client, flags, show }: Invocation<UrlFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const worker = await workflowService.registerWorker({ namespace, url: flags.url }).catch((error) => {
    throw toClientError(error, `register ${flags.url}`);
  });
  show(worker, `Registered.\n\n${workersText([{ ...worker, failedCalls: 0 }])}`);
}

async function describe({
  client,
  flags: { workerInstanceKey },
  show,
}: Invocation<{ workerInstanceKey: string }>): Promise<void> {
  const { namespace, workflowService } = client;
  const reply = await workflowService.describeWorker({ namespace, workerInstanceKey }).catch((error) => {
    throw toClientError(error, `describe ${workerInstanceKey}`);
  });
  const { workerIdentity, deploymentVersion, sdkName, sdkVersion, startTime, heartbeatTime } =
    reply.workerInfo.workerHeartbeat;
  const version = deploymentVersion && `${deploymentVersion.deploymentName} ${deploymentVersion.buildId}`;
  const rows = [
    ['Worker', workerInstanceKey],
    ['Identity', workerIdentity],
    ['SDK', `${sdkName} ${sdkVersion}`],
    ...(version ? [['Version', version]] : []),
    ...(startTime ? [['Registered', startTime]] : []),
    ['Last seen', heartbeatTime ?? 'never'],
    ['Failed calls', failedCalls(reply)],
    ...reply.taskQueues.map(({ name, workflowTypes, activityTypes }) => [
      `Serves ${name}`,
      [...workflowTypes, ...activityTypes].join(', '),
    ]),
  ];
  show(reply, table(rows));
}

async function unregister({ client, flags, show }: Invocation<UrlFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  await workflowService.unregisterWorker({ namespace, url: flags.url }).catch((error) => {
    throw toClientError(error, `unregister ${flags.url}`);
  });
  show({ url: flags.url, unregistered: true }, 'Unregistered.');
}

async function list({ client, show }: Invocation<object>): Promise<void> {
  const { namespace, workflowService } = client;
  const { workers } = await workflowService.listWorkers({ namespace }).catch((error) => {
    throw toClientError(error, 'list Workers');
  });
  show(
    workers,
    workers.length > 0
      ? workersText(workers)
      : 'No Workers are known: none is registered by URL, and none is bound to the engine.',
  );
}

async function count({ client: { namespace, workflowService }, show }: Invocation<object>): Promise<void> {
  const { count } = await workflowService.countWorkers({ namespace }).catch((error) => {
    throw toClientError(error, 'count Workers');
  });
  show({ count: Number(count) }, count);
}

/** Since it last answered. */
function failedCalls({
  failedCalls: count,
  lastError,
}: Pick<ListedWorker, 'failedCalls' | 'lastError'>): string {
  return count > 0 ? `${count} (${lastError})` : '0';
}

function workersText(workers: ListedWorker[]): string {
  const rows = workers.flatMap(({ description, ...worker }) => {
    const { url, lastSeenTime } = worker;
    const state = [lastSeenTime ?? 'never', failedCalls(worker)];
    if (!description) return [[url, '-', '-', '-', '-', ...state]];
    const build = description.deploymentVersion?.buildId ?? description.buildId ?? '-';
    return description.taskQueues.map((queue) => [
      url,
      queue.name,
      queue.workflowTypes.join(', ') || '-',
      queue.activityTypes.join(', ') || '-',
      build,
      ...state,
    ]);
  });
  const heading = ['Worker', 'Task queue', 'Workflows', 'Activities', 'Build', 'Last seen', 'Failed calls'];
  return table([heading, ...rows]);
}
