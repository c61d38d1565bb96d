/**
 * The consumer of task queues. A message is a pointer, never truth: the object is asked before anything is done, and
 * whatever is lost, doubled, late or stale here changes nothing there.
 */

import { executionObjectName } from '../../sdk/common/ids.ts';
import type { ActivityTaskRef, Result } from '../../sdk/common/service.ts';
import type { VersionRoute } from '../../sdk/common/versioning.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import { sealedToken } from '../auth/task-token.ts';
import { type Env, taskQueueSettings } from '../env.ts';
import type { ActivityCallOutcome } from '../execution/outside.ts';
import type { Found } from '../matching/directory.ts';
import { jsonLogger } from '../observability/log.ts';
import { measuresOf } from '../visibility/metrics.ts';
import { activityWorker } from './activity-call.ts';
import { Connections } from './connections.ts';
import { directoryOf } from './directories.ts';

/** Seconds before a message that could not be settled comes again; grows with its attempts. */
const RETRY_DELAY_S = 1;
const LONGEST_RETRY_DELAY_S = 300;

/** How the name of a dead-letter queue ends, by convention. */
const DEAD_LETTERS = '-dead';

interface Settled {
  /** Of what was understood. */
  namespace?: string;
  settled: boolean;
}
interface ExecutionRpc {
  ringActivityTasks(tasks: ActivityTaskRef[]): Promise<void>;
  claimActivityTask(
    task: ActivityTaskRef,
    claimant: string,
    identity: string,
    route?: VersionRoute,
  ): Promise<ActivityTask | undefined>;
  reportActivityTask(
    task: ActivityTaskRef,
    claimant: string,
    outcome: ActivityCallOutcome,
  ): Promise<Result<void>>;
  activityTaskWaits(task: ActivityTaskRef, reason: string): Promise<void>;
}

/** What travels through the Queue; everything else is asked of the object. */
export interface TaskPointer {
  v: 1;
  task: ActivityTaskRef;
  activityType: string;
  taskQueue: string;
  /** Where it may go. Absent in pointers of an older engine: anywhere. */
  route?: VersionRoute;
}

/**
 * Each message is settled by itself: one that fails delays no other. Messages that failed too often end in the
 * dead-letter queue, which is consumed just the same: the object knows whether they still matter, so nothing has to be
 * repaired by hand.
 */
export async function consume(
  batch: MessageBatch<unknown>,
  env: Env,
  keepAlive: (promise: Promise<unknown>) => void,
): Promise<void> {
  const redriven = batch.queue.endsWith(DEAD_LETTERS);
  const event = { env, rings: new Rings(env), connections: new Connections() };
  const count = (namespace: string, outcome: string): void =>
    measuresOf(env, namespace, keepAlive).count('perdure_queue_messages_total', [outcome]);
  await Promise.all(
    batch.messages.map(async (message) => {
      const { namespace, settled } = await settle(message, event);
      if (namespace === undefined) return;
      count(namespace, settled ? 'settled' : 'retried');
      if (redriven) count(namespace, 'redriven');
    }),
  );
}

/** What the messages of one batch have in common. */
interface BatchEvent {
  env: Env;
  rings: Rings;
  connections: Connections;
}

async function settle(message: Message<unknown>, event: BatchEvent): Promise<Settled> {
  const pointer = parsePointer(message.body);
  if (!pointer) {
    jsonLogger.error('not a task pointer; dropped', { id: message.id });
    message.ack();
    return { settled: true };
  }
  const { namespace } = pointer.task;
  try {
    await carryOut(message.id, pointer, event);
    message.ack();
    return { namespace, settled: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    jsonLogger.error('task pointer not settled', { ...pointer.task, reason });
    message.retry({
      delaySeconds: Math.min(RETRY_DELAY_S * 2 ** (message.attempts - 1), LONGEST_RETRY_DELAY_S),
    });
    return { namespace, settled: false };
  }
}

/** Each object is told of all its attempts in one call: a hundred activities of a run come in ten batches. */
class Rings {
  readonly #env: Env;
  readonly #calls = new Map<string, { tasks: ActivityTaskRef[]; told: Promise<void> }>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** To be called for all of a batch before anything is waited for. */
  ring(task: ActivityTaskRef): Promise<void> {
    const name = objectNameOf(task);
    const call = this.#calls.get(name) ?? this.#begin(name);
    call.tasks.push(task);
    return call.told;
  }

  #begin(name: string): { tasks: ActivityTaskRef[]; told: Promise<void> } {
    const tasks: ActivityTaskRef[] = [];
    const tell = (): Promise<void> => stubOf(this.#env, name).ringActivityTasks(tasks);
    const call = { tasks, told: Promise.resolve().then(tell) };
    this.#calls.set(name, call);
    return call;
  }
}

const objectNameOf = ({ namespace, workflowId }: ActivityTaskRef): string =>
  executionObjectName(namespace, workflowId);

const stubOf = (env: Env, name: string): ExecutionRpc =>
  env.WORKFLOW_EXECUTION.getByName(name) as unknown as ExecutionRpc;

async function carryOut(
  messageId: string,
  pointer: TaskPointer,
  { env, rings, connections }: BatchEvent,
): Promise<void> {
  const { task, activityType, taskQueue, route } = pointer;
  if (taskQueueSettings(env, taskQueue).caller === 'object') return rings.ring(task);
  const directory = directoryOf(env, task.namespace);
  const match = await directory.find('activity', taskQueue, activityType, undefined, route);
  if ('waitingReason' in match)
    return stubOf(env, objectNameOf(task)).activityTaskWaits(task, match.waitingReason);
  const call = (): Promise<void> => claimAndCall(messageId, pointer, match, env);
  // Service bindings take no connection. An attempt that is claimed has begun: it must not wait for one.
  return match.worker.rpc ? call() : connections.use(call);
}

async function claimAndCall(
  messageId: string,
  { task, route }: TaskPointer,
  match: Found,
  env: Env,
): Promise<void> {
  const stub = stubOf(env, objectNameOf(task));
  const claimed = await stub.claimActivityTask(task, messageId, match.identity, route);
  if (!claimed) return;
  const worker = activityWorker(directoryOf(env, task.namespace), match, (task) => sealedToken(env, task));
  const reported = await stub.reportActivityTask(task, messageId, await worker.call(claimed));
  // NOT_FOUND: the attempt was over before its answer came. Everything else must come again.
  if ('error' in reported && reported.error.code !== 'NOT_FOUND') throw new Error(reported.error.message);
}

/** `undefined` for anything that is not a pointer of ours. */
function parsePointer(body: unknown): TaskPointer | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { v, task, activityType, taskQueue } = body as Partial<TaskPointer>;
  if (v !== 1 || typeof task !== 'object' || task === null) return undefined;
  const { namespace, workflowId, runId, scheduledEventId, attempt } = task;
  const texts = [namespace, workflowId, runId, activityType, taskQueue];
  const numbers = [scheduledEventId, attempt];
  const sound =
    texts.every((text) => typeof text === 'string' && text !== '') &&
    numbers.every((n) => Number.isSafeInteger(n) && n > 0);
  return sound ? (body as TaskPointer) : undefined;
}
