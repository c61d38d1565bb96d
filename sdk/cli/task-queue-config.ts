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
  fairnessKeyRpsLimitDefault?: number | 'default';
  fairnessKeyRpsLimitReason?: string;
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
          '--fairness-key-rps-limit-default <number>',
          'activities of each fairness key that begin in a second, times its weight',
          numberOrDefault,
        )
        .option('--fairness-key-rps-limit-reason <text>', 'why')
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
  const reply = await workflowService.describeTaskQueue(request).catch((error) => {
    throw toClientError(error, `describe task queue ${taskQueue}`);
  });
  const { config = {}, effectiveRateLimit: rate } = reply;
  const asked = rate?.rateLimitSource === 'RATE_LIMIT_SOURCE_WORKER' ? rate.requestsPerSecond : undefined;
  show({ ...config, ...(rate && { effectiveRateLimit: rate }) }, configText(config, asked));
}

async function set({ client, flags, show }: Invocation<SetFlags>): Promise<void> {
  const { namespace, workflowService } = client;
  const { taskQueue, maxConcurrent, maxConcurrentReason } = flags;
  const weights = Object.entries(flags.fairnessKeyWeight ?? {});
  const numbers = weights.filter((entry): entry is [string, number] => entry[1] !== 'default');
  const unset = weights.filter(([, weight]) => weight === 'default').map(([key]) => key);
  const reason = (text: string | undefined) => (text === undefined ? {} : { reason: text });
  const update = (rate: number | 'default', why: string | undefined) => ({
    ...(rate !== 'default' && { rateLimit: { requestsPerSecond: rate } }),
    ...reason(why),
  });
  const { queueRpsLimit: rate, fairnessKeyRpsLimitDefault: keyRate } = flags;
  const request = {
    namespace,
    taskQueue,
    ...(rate !== undefined && {
      updateQueueRateLimit: update(rate, flags.queueRpsLimitReason),
    }),
    ...(keyRate !== undefined && {
      updateFairnessKeyRateLimitDefault: update(keyRate, flags.fairnessKeyRpsLimitReason),
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

function configText(config: TaskQueueConfig, askedByWorkers?: number): string {
  const { queueRateLimit: rate, fairnessKeysRateLimitDefault: keys, queueConcurrency } = config;
  const row = (name: string, value: number, { reason = '' }: { reason?: string } = {}) => [
    [name, String(value), reason],
  ];
  const rows = [
    ...(rate ? row('Per second', rate.rateLimit.requestsPerSecond, rate.metadata) : []),
    ...(askedByWorkers === undefined
      ? []
      : row('Per second', askedByWorkers, {
          reason: 'as its Workers ask (maxTaskQueueActivitiesPerSecond)',
        })),
    ...(keys ? row('Per second of a fairness key', keys.rateLimit.requestsPerSecond, keys.metadata) : []),
    ...(queueConcurrency
      ? row('At a time', queueConcurrency.maxConcurrentTasks, queueConcurrency.metadata)
      : []),
    ...Object.entries(config.fairnessWeightOverrides ?? {}).flatMap(([key, weight]) =>
      row(`Weight of ${key}`, weight),
    ),
  ];
  return rows.length > 0 ? table(rows) : 'No limits.';
}
