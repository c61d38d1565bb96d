/** Task queues on real Queues: what travels, what is lost, doubled, late or poisoned, and who calls the Worker. */

import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';
import type { TaskPointer } from '../../src/effects/consumer.ts';
import engine, { WorkflowExecution } from '../../src/index.ts';
import { until } from '../http-api.ts';
import { api, env, executionStub, fireAlarm, keepHistory, tablesOf } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Delivered {
  id: string;
  body: unknown;
  attempts?: number;
}

/** Gives messages to the consumer as one batch. Answers which were settled and which come again. */
async function deliver(messages: Delivered[], queue = 'perdure-task-queue', bindings = env) {
  const batch = createMessageBatch(
    queue,
    messages.map(({ id, body, attempts = 1 }) => ({ id, body, attempts, timestamp: new Date() })),
  );
  const ctx = createExecutionContext();
  const retries = batch.messages.map((message) => ({ id: message.id, retry: vi.spyOn(message, 'retry') }));
  // What it leaves for later is metrics, which no test here waits for.
  await engine.queue(batch, bindings, { ...ctx, waitUntil: () => undefined });
  const { explicitAcks } = await getQueueResult(batch, ctx);
  const retried = retries.flatMap(({ id, retry }) =>
    retry.mock.calls.map(([options]) => ({ id, ...options })),
  );
  return { acked: explicitAcks, retried };
}

/** Notes every message that the platform delivers for a workflow; `lose` throws them away. */
function watchQueue(workflowId: string, { lose = false } = {}): TaskPointer[] {
  const seen: TaskPointer[] = [];
  const consume = engine.queue;
  vi.spyOn(engine, 'queue').mockImplementation(async (batch, bindings, ctx) => {
    for (const { body } of batch.messages) {
      if ((body as TaskPointer).task.workflowId === workflowId) seen.push(body as TaskPointer);
    }
    if (lose) batch.ackAll();
    else await consume(batch, bindings, ctx);
  });
  return seen;
}

/** The pointer of the run's one pending activity, as the engine sends it. */
async function pointerOf(workflowId: string, taskQueue: string): Promise<TaskPointer> {
  const { pendingActivities, workflowExecutionInfo } = await until('a pending activity', async () => {
    const description = await api.describe(workflowId);
    return description.pendingActivities.length > 0 && description;
  });
  const { activityType, attempt } = pendingActivities[0]!;
  const scheduled = (await api.history(workflowId)).findLast((e) => e.eventType.endsWith('TASK_SCHEDULED'));
  const task: ActivityTaskRef = {
    namespace: 'default',
    workflowId,
    runId: workflowExecutionInfo.execution.runId,
    scheduledEventId: Number(scheduled!.eventId),
    attempt,
  };
  return { v: 1, task, activityType: activityType.name, taskQueue };
}

/** What the paused consumer holds for a workflow. */
async function heldMessages(workflowId: string): Promise<TaskPointer[]> {
  const held = (await env.HOLDING.held()) as TaskPointer[];
  return held.filter(({ task }) => task.workflowId === workflowId);
}

function heldMessage(workflowId: string, n: number): Promise<TaskPointer> {
  return until(`message ${n}`, async () => (await heldMessages(workflowId))[n - 1]);
}

async function startHeld(workflowId: string, taskQueue: string): Promise<TaskPointer> {
  await api.start({ workflowId, workflowType: 'held', taskQueue, args: [workflowId] });
  return pointerOf(workflowId, taskQueue);
}

describe('by default', () => {
  it('each attempt travels as one Queue message', async () => {
    const seen = watchQueue('travels');
    await api.start({
      workflowId: 'travels',
      workflowType: 'flaky',
      taskQueue: 'plain',
      args: ['travels', 2],
    });
    expect(await api.result('travels')).toBe(3);
    expect(seen.map(({ task, activityType, taskQueue }) => [task.attempt, activityType, taskQueue])).toEqual([
      [1, 'failTimes', 'plain'],
      [2, 'failTimes', 'plain'],
      [3, 'failTimes', 'plain'],
    ]);
    await keepHistory('travels');
  });

  it('nothing runs while the consumer is paused, and it goes on when it is resumed', async () => {
    const workflowId = 'paused';
    await api.start({ workflowId, workflowType: 'several', taskQueue: 'paused', args: [workflowId, 2] });
    const first = await heldMessage(workflowId, 1);
    // Another run goes through its whole life meanwhile: this one had every chance.
    await api.start({ workflowId: 'other', workflowType: 'several', taskQueue: 'plain', args: ['other', 3] });
    await api.result('other');
    expect(await env.WORKER_PAUSED.executionsOf(`${workflowId}/0`)).toEqual([]);
    expect((await api.describe(workflowId)).pendingActivities).toMatchObject([
      { state: 'PENDING_ACTIVITY_STATE_SCHEDULED', attempt: 1 },
    ]);
    await deliver([{ id: 'm1', body: first }]);
    const second = await heldMessage(workflowId, 2);
    expect(await env.WORKER_PAUSED.executionsOf(`${workflowId}/1`)).toEqual([]);
    await deliver([{ id: 'm2', body: second }]);
    expect(await api.result(workflowId)).toEqual([1, 1]);
    expect(await heldMessages(workflowId)).toHaveLength(2);
  });

  it('a Queue that loses everything strands no run: the alarm sends again', async () => {
    const workflowId = 'lossy';
    const begin = Date.now();
    const seen = watchQueue(workflowId, { lose: true });
    await api.start({ workflowId, workflowType: 'several', taskQueue: 'plain', args: [workflowId, 1] });
    await until('the first message', () => seen.length === 1);
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const [age, messages] of [
      [31_000, 1],
      [61_000, 2],
      [901_000, 3],
    ] as const) {
      vi.setSystemTime(begin + age);
      expect(await fireAlarm(workflowId)).toBe(true);
      await until(`${messages} messages`, () => seen.length === messages);
    }
    expect(new Set(seen.map(({ task }) => task.attempt))).toEqual(new Set([1]));
    vi.restoreAllMocks();
    vi.setSystemTime(begin + 3_700_000);
    await fireAlarm(workflowId);
    expect(await api.result(workflowId)).toEqual([1]);
  });
});

describe.each(['consumer', 'object'] as const)('with the %s as caller', (caller) => {
  const taskQueue = caller === 'consumer' ? 'paused-consumer' : 'paused';
  const worker = () => (caller === 'consumer' ? env.WORKER_PAUSED_CONSUMER : env.WORKER_PAUSED);

  it('ten messages for one attempt give one claim and one execution', async () => {
    const workflowId = `ten-${caller}`;
    const pointer = await startHeld(workflowId, taskQueue);
    const copies = (from: number) =>
      Array.from({ length: 5 }, (_, i) => ({ id: `${workflowId}-${from + i}`, body: pointer }));
    const inOneBatch = deliver(copies(0));
    const inAnother = deliver(copies(5));
    await until('the execution', async () => (await worker().executionsOf(workflowId)).length > 0);
    await worker().release(workflowId);
    expect((await inOneBatch).acked).toHaveLength(5);
    expect((await inAnother).acked).toHaveLength(5);
    expect(await api.result(workflowId)).toBe(1);
    expect(await worker().executionsOf(workflowId)).toEqual([{ key: workflowId, workflowId, attempt: 1 }]);
    // The nine others did not even get as far as the Worker.
    expect(await worker().dispatchesOf(pointer.task.runId)).toBe(1);
    const types = await api.eventTypes(workflowId);
    expect(types.filter((type) => type === 'ActivityTaskCompleted')).toHaveLength(1);
  });

  it('one message delivered again and again executes once', async () => {
    const workflowId = `again-${caller}`;
    const pointer = await startHeld(workflowId, taskQueue);
    const deliveries = Array.from({ length: 10 }, (_, i) =>
      deliver([{ id: `${workflowId}-same`, body: pointer, attempts: i + 1 }]),
    );
    await until('the execution', async () => (await worker().executionsOf(workflowId)).length > 0);
    await worker().release(workflowId);
    for (const { acked } of await Promise.all(deliveries)) expect(acked).toEqual([`${workflowId}-same`]);
    expect(await api.result(workflowId)).toBe(1);
    expect(await worker().executionsOf(workflowId)).toHaveLength(1);
  });

  it('stale messages are settled and change nothing', async () => {
    const workflowId = `stale-${caller}`;
    const pointer = await startHeld(workflowId, taskQueue);
    const { task } = pointer;
    const stale = [
      { ...task, attempt: 2 },
      { ...task, scheduledEventId: task.scheduledEventId + 1 },
      { ...task, runId: crypto.randomUUID() },
      { ...task, workflowId: `${workflowId}-unknown` },
    ].map((other, i) => ({ id: `${workflowId}-${i}`, body: { ...pointer, task: other } }));
    const before = await api.history(workflowId);
    expect((await deliver(stale)).acked).toHaveLength(stale.length);
    expect(await api.history(workflowId)).toEqual(before);
    expect(await worker().executionsOf(workflowId)).toEqual([]);
    expect(await tablesOf(executionStub(`${workflowId}-unknown`))).toEqual([]);
    // The right one still works, and is stale itself once the run is closed.
    await worker().release(workflowId);
    await deliver([{ id: 'right', body: pointer }]);
    expect(await api.result(workflowId)).toBe(1);
    const closed = await api.history(workflowId);
    expect((await deliver([{ id: 'late', body: pointer }])).acked).toEqual(['late']);
    expect(await api.history(workflowId)).toEqual(closed);
    expect(await worker().executionsOf(workflowId)).toHaveLength(1);
  });

  it('poison is settled alone, and what shares its batch goes on', async () => {
    const workflowId = `poison-${caller}`;
    const pointer = await startHeld(workflowId, taskQueue);
    await worker().release(workflowId);
    const poison: unknown[] = [
      null,
      'text',
      42,
      [],
      {},
      { ...pointer, v: 2 },
      { ...pointer, task: null },
      { ...pointer, task: { ...pointer.task, attempt: 0 } },
      { ...pointer, task: { ...pointer.task, workflowId: 7 } },
      { ...pointer, activityType: '' },
    ];
    const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const messages = poison.map((body, i) => ({ id: `poison-${i}`, body }));
    const { acked, retried } = await deliver([...messages, { id: 'sound', body: pointer }]);
    expect(retried).toEqual([]);
    expect(acked).toHaveLength(poison.length + 1);
    expect(errors).toHaveBeenCalledTimes(poison.length);
    expect(await api.result(workflowId)).toBe(1);
  });

  it('a message that cannot be carried out comes again later and later, alone', async () => {
    const workflowId = `retried-${caller}`;
    const pointer = await startHeld(workflowId, taskQueue);
    await worker().release(workflowId);
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const broken = { ...pointer, task: { ...pointer.task, workflowId: 'broken' } };
    const bindings = {
      ...env,
      WORKFLOW_EXECUTION: {
        getByName: (name: string) => {
          if (name.includes('broken')) throw new Error('the object is not reached');
          return env.WORKFLOW_EXECUTION.getByName(name);
        },
      } as unknown as DurableObjectNamespace,
    };
    const { acked, retried } = await deliver(
      [
        { id: 'first', body: broken, attempts: 1 },
        { id: 'fifth', body: broken, attempts: 5 },
        { id: 'late', body: broken, attempts: 19 },
        { id: 'sound', body: pointer },
      ],
      'perdure-task-queue',
      bindings,
    );
    expect(acked).toEqual(['sound']);
    expect(retried).toEqual([
      { id: 'first', delaySeconds: 1 },
      { id: 'fifth', delaySeconds: 16 },
      { id: 'late', delaySeconds: 300 },
    ]);
    expect(await api.result(workflowId)).toBe(1);
  });

  it('what ended in the dead-letter queue is brought back', async () => {
    const workflowId = `dead-${caller}`;
    const pointer = await startHeld(workflowId, taskQueue);
    await worker().release(workflowId);
    // The platform delivers it, to the consumer that wrangler.toml names.
    await env.DEAD.send(pointer);
    expect(await api.result(workflowId)).toBe(1);
  });
});

describe('the settings of a task queue', () => {
  it.each([
    { taskQueue: 'plain', messages: 1, rings: 1, claims: 0 },
    { taskQueue: 'consumer', messages: 1, rings: 0, claims: 1 },
    { taskQueue: 'direct', messages: 0, rings: 0, claims: 0 },
  ])('$taskQueue: $messages message, $rings ring, $claims claim by the consumer', async (row) => {
    const { taskQueue, messages, rings, claims } = row;
    const workflowId = `settings-${taskQueue}`;
    const ring = vi.spyOn(WorkflowExecution.prototype, 'ringActivityTasks');
    const claim = vi.spyOn(WorkflowExecution.prototype, 'claimActivityTask');
    const seen = watchQueue(workflowId);
    await api.start({ workflowId, workflowType: 'several', taskQueue, args: [workflowId, 1] });
    expect(await api.result(workflowId)).toEqual([1]);
    expect(seen).toHaveLength(messages);
    const of = ({ task }: TaskPointer | { task: ActivityTaskRef }) => task.workflowId === workflowId;
    expect(ring.mock.calls.flat(2).filter((task) => of({ task }))).toHaveLength(rings);
    expect(claim.mock.calls.filter(([task]) => of({ task }))).toHaveLength(claims);
    await keepHistory(workflowId);
  });

  it('a hundred activities at once are sent in one call, and the object is told of each batch in one', async () => {
    const workflowId = 'hundred';
    const sent = vi.spyOn(env.TASK_QUEUE, 'send');
    const sentTogether = vi.spyOn(env.TASK_QUEUE, 'sendBatch');
    const ring = vi.spyOn(WorkflowExecution.prototype, 'ringActivityTasks');
    const seen = watchQueue(workflowId);
    await api.start({ workflowId, workflowType: 'fan', taskQueue: 'plain', args: [workflowId, 100] });
    expect(await api.result(workflowId)).toEqual(Array.from({ length: 100 }, () => 1));
    expect(sent).not.toHaveBeenCalled();
    expect(sentTogether).toHaveBeenCalledTimes(1);
    expect(seen).toHaveLength(100);
    // wrangler.toml has ten messages a batch.
    const rings = ring.mock.calls.filter(([tasks]) => tasks[0]!.workflowId === workflowId);
    expect(rings.flatMap(([tasks]) => tasks)).toHaveLength(100);
    expect(rings.length).toBeLessThan(20);
    await keepHistory(workflowId);
  });

  it.each(['plain', 'consumer', 'direct'])('%s retries failed attempts all the same', async (taskQueue) => {
    const workflowId = `retries-${taskQueue}`;
    await api.start({ workflowId, workflowType: 'flaky', taskQueue, args: [workflowId, 2] });
    expect(await api.result(workflowId)).toBe(3);
    await keepHistory(workflowId);
  });
});
