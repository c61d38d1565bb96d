/** `perdure task-queue …`: who serves a task queue. */

import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import type { DescribeTaskQueueReply } from '../common/workers.ts';
import { addCommand, type Invocation, noun, type Terminal } from './context.ts';
import { table } from './render.ts';
import { configCommand } from './task-queue-config.ts';

interface QueueFlags {
  taskQueue: string;
  taskQueueType?: string[];
  disableStats?: boolean;
}

const TYPES = ['workflow', 'activity'] as const;

export function taskQueueCommand(terminal: Terminal): Command {
  const taskQueue = noun('task-queue', 'who serves a task queue');
  addCommand<QueueFlags>(
    taskQueue,
    terminal,
    ['describe', 'the Workers that serve a task queue, and the tasks that wait'],
    (command) =>
      command
        .requiredOption('-t, --task-queue <name>', 'the task queue')
        .option('--task-queue-type <types...>', `${TYPES.join(', ')}; default: both`)
        .option('--disable-stats', 'without the backlog and the rate'),
    describe,
  );
  taskQueue.addCommand(configCommand(terminal));
  return taskQueue;
}

async function describe(invocation: Invocation<QueueFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  const { namespace } = client;
  const { taskQueue, taskQueueType: asked = TYPES, disableStats } = flags;
  const types = TYPES.filter((type) => asked.includes(type));
  if (types.length < asked.length) throw new InvalidArgumentError(`--task-queue-type: ${TYPES.join(' or ')}`);
  const ask = (type: (typeof TYPES)[number]): Promise<DescribeTaskQueueReply> =>
    invocation.client.workflowService
      .describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: wireTypes[type],
        reportStats: !disableStats,
      })
      .catch((error) => {
        throw toClientError(error, `describe task queue ${taskQueue}`);
      });
  const replies = await Promise.all(types.map(ask));
  const json = Object.fromEntries(types.map((type, i) => [type, replies[i]!]));
  const rows = types.flatMap((type) =>
    json[type]!.pollers.map(({ identity, url, lastAccessTime }) => [
      type,
      identity,
      url,
      lastAccessTime ?? '',
    ]),
  );
  const workers =
    rows.length > 0
      ? table([['Type', 'Worker', 'Address', 'Last seen'], ...rows])
      : `No Worker serves ${taskQueue}.`;
  const stats = types.flatMap((type) => {
    const { stats: of } = json[type]!;
    if (!of) return [];
    const { approximateBacklogCount: count, approximateBacklogAge: age, tasksDispatchRate: rate } = of;
    return [[type, count, count === '0' ? '' : age, rate.toFixed(2)]];
  });
  const heading = ['Type', 'Waiting', 'Oldest', 'Dispatched per s'];
  show(json, stats.length > 0 ? `${workers}\n\n${table([heading, ...stats])}` : workers);
}

const wireTypes = {
  workflow: 'TASK_QUEUE_TYPE_WORKFLOW',
  activity: 'TASK_QUEUE_TYPE_ACTIVITY',
} as const;
