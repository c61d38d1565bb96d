/** `perdure task-queue config …`: how many activities of a task queue may begin, and run. */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import type { TaskQueueConfig } from '../client/index.ts';
import { addCommand, type Invocation, noun, type Terminal } from './context.ts';
import { table } from './render.ts';

interface QueueFlags {
  taskQueue: string;
  taskQueueType?: string;
}
interface SetFlags extends QueueFlags {
  queueRpsLimit?: number | 'default';
  queueRpsLimitReason?: string;
  maxConcurrent?: number | 'default';
  maxConcurrentReason?: string;
  fairnessKeyWeight?: Record<string, number | 'default'>;
}

export function configCommand(terminal: Terminal): Command {
  const config = noun('config', 'limits of the activities on a task queue');
  const queue = (command: Command): Command =>
    command
      .requiredOption('-t, --task-queue <name>', 'the task queue')
      .option('--task-queue-type <type>', 'activity, which is the default', activityType);
  addCommand<QueueFlags>(config, terminal, ['get', 'the limits of a task queue'], queue, get);
  addCommand<SetFlags>(
    config,
    terminal,
    ['set', 'change the limits of a task queue; "default" takes one away'],
    (command) =>
      queue(command)
        .option('--queue-rps-limit <number>', 'activities that begin in a second; 0: none', numberOrDefault)
        .option('--queue-rps-limit-reason <text>', 'why')
        .option(
          '--max-concurrent <number>',
          'activities that run at a time, over all Workers',
          numberOrDefault,
        )
        .option('--max-concurrent-reason <text>', 'why')
        .option(
          '--fairness-key-weight <key=weight>',
          'the share of a fairness key; repeat for more',
          collectWeight,
        ),
    set,
  );
  return config;
}

function activityType(text: string): string {
  if (text !== 'activity') throw new InvalidArgumentError('Only activity tasks have limits.');
  return text;
}

function numberOrDefault(text: string): number | 'default' {
  if (text === 'default') return text;
  const number = Number(text);
  if (text.trim() === '' || !(number >= 0)) throw new InvalidArgumentError('A number, or "default".');
  return number;
}

function collectWeight(
  text: string,
  before: Record<string, number | 'default'> = {},
): Record<string, number | 'default'> {
  const at = text.lastIndexOf('=');
  if (at < 0) throw new InvalidArgumentError('key=weight, or key=default.');
  return { ...before, [text.slice(0, at)]: numberOrDefault(text.slice(at + 1)) };
}

async function get({ client, flags: { taskQueue }, show }: Invocation<QueueFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const request = { namespace, taskQueue: { name: taskQueue }, taskQueueType: 2, reportConfig: true };
  const { config = {} } = await workflowService.describeTaskQueue(request).catch((error) => {
    throw toClientError(error, `describe task queue ${taskQueue}`);
  });
  show(config, configText(config));
}

async function set({ client, flags, show }: Invocation<SetFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const { taskQueue, queueRpsLimit: rate, queueRpsLimitReason, maxConcurrent, maxConcurrentReason } = flags;
  const weights = Object.entries(flags.fairnessKeyWeight ?? {});
  const numbers = weights.filter((entry): entry is [string, number] => entry[1] !== 'default');
  const unset = weights.filter(([, weight]) => weight === 'default').map(([key]) => key);
  const reason = (text: string | undefined) => (text === undefined ? {} : { reason: text });
  const request = {
    namespace,
    taskQueue,
    ...(rate !== undefined && {
      updateQueueRateLimit: {
        ...(rate !== 'default' && { rateLimit: { requestsPerSecond: rate } }),
        ...reason(queueRpsLimitReason),
      },
    }),
    ...(maxConcurrent !== undefined && {
      updateQueueConcurrency: {
        ...(maxConcurrent !== 'default' && { maxConcurrentTasks: maxConcurrent }),
        ...reason(maxConcurrentReason),
      },
    }),
    ...(numbers.length > 0 && { setFairnessWeightOverrides: Object.fromEntries(numbers) }),
    ...(unset.length > 0 && { unsetFairnessWeightOverrides: unset }),
  };
  const { config } = await workflowService.updateTaskQueueConfig(request).catch((error) => {
    throw toClientError(error, `change task queue ${taskQueue}`);
  });
  show(config, configText(config));
}

function configText({ queueRateLimit, queueConcurrency, fairnessWeightOverrides }: TaskQueueConfig): string {
  const rows = [
    ...(queueRateLimit
      ? [
          [
            'Per second',
            String(queueRateLimit.rateLimit.requestsPerSecond),
            queueRateLimit.metadata.reason ?? '',
          ],
        ]
      : []),
    ...(queueConcurrency
      ? [['At a time', String(queueConcurrency.maxConcurrentTasks), queueConcurrency.metadata.reason ?? '']]
      : []),
    ...Object.entries(fairnessWeightOverrides ?? {}).map(([key, weight]) => [
      `Weight of ${key}`,
      String(weight),
      '',
    ]),
  ];
  return rows.length > 0 ? table(rows) : 'No limits.';
}
