import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RpcText } from '../../sdk/common/js-rpc.ts';
import {
  type JsRpcMessage,
  SDK_HEADER,
  type TextAnswer,
  type WorkerRpc,
} from '../../sdk/common/worker-protocol.ts';
import { activityWorker } from '../../src/effects/activity-call.ts';
import { workflowWorker } from '../../src/effects/workers.ts';
import { type Found, WorkerDirectory } from '../../src/matching/directory.ts';
import type { WorkerTarget } from '../../src/matching/worker-target.ts';
import { activityTask } from '../worker/support.ts';

const headers = { [SDK_HEADER]: 'fake/1' };
/** As the platform says it. */
const unknown = (method: string) =>
  new TypeError(`The RPC receiver does not implement the method "${method}".`);

const done = { completed: { identity: 'w' } };

/** A bound Worker; what it is sent is in `sent`, by the way that it came. */
function bound(runActivityTask: (task: string) => Promise<RpcText | TextAnswer>, jsRpc?: JsRpcMessage[]) {
  const sent: string[] = [];
  const description = {
    identity: 'w',
    sdk: { name: 'fake', version: '1' },
    ...(jsRpc && { jsRpc }),
    taskQueues: [{ name: 'q', workflowTypes: ['order'], activityTypes: ['pay'] }],
  };
  const answerTo = (text: string) => {
    const { events } = JSON.parse(text) as { events: unknown[] };
    return { completed: { commands: [], identity: `after ${events.length} events` } };
  };
  const session = {
    runWorkflowTask: async (events: unknown[]) => {
      sent.push('objects');
      return answerTo(JSON.stringify({ events }));
    },
    runWorkflowTaskText: async (text: string): Promise<RpcText> => {
      sent.push('text');
      return JSON.stringify(answerTo(text));
    },
  };
  const rpc = {
    openWorkflowSession: () => Object.assign(Promise.resolve({}), session),
    runActivityTask: (task: string) => {
      sent.push('JS RPC');
      return runActivityTask(task);
    },
  } as unknown as WorkerRpc;
  const target: WorkerTarget = {
    id: 'WORKER_W',
    fetch: async (path) => {
      if (path.endsWith('describe')) return Response.json(description, { headers });
      sent.push('HTTP');
      return Response.json(done, { headers });
    },
    rpc,
  };
  const directory = new WorkerDirectory({
    list: async () => ({ workers: [target], deployments: [] }),
    sighted: async () => undefined,
    clock: () => Date.now(),
  });
  const find = async (kind: 'activity' | 'workflow'): Promise<Found> => {
    const found = await directory.find(kind, 'q', kind === 'activity' ? 'pay' : 'order');
    if ('waitingReason' in found) throw new Error(found.waitingReason);
    return found;
  };
  return {
    sent,
    session,
    directory,
    call: async (fields = {}) =>
      activityWorker(directory, await find('activity'), async (task) => task.taskToken).call(
        activityTask(fields),
      ),
    open: async () =>
      workflowWorker(directory, await find('workflow')).open({
        namespace: 'n',
        workflowId: 'w',
        runId: 'r',
        workflowType: 'order',
        taskQueue: 'q',
      }),
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('an activity task for a Worker that the engine is bound to', () => {
  it('goes over JS RPC where the Worker says that it takes it so', async () => {
    const worker = bound(async () => JSON.stringify(done), ['activityTask']);
    expect(await worker.call()).toEqual({ answer: done });
    expect(worker.sent).toEqual(['JS RPC']);
  });

  it('goes by HTTP to a Worker that says nothing of it, as older ones do', async () => {
    const worker = bound(() => Promise.reject(new Error('there is no such method')));
    expect(await worker.call()).toEqual({ answer: done });
    expect(worker.sent).toEqual(['HTTP']);
  });

  it('goes by HTTP when it is larger than a message over JS RPC may be', async () => {
    const worker = bound(async () => JSON.stringify(done), ['activityTask']);
    const data = 'a'.repeat(15 * 1024 * 1024);
    expect(await worker.call({ input: { payloads: [{ data }] } })).toEqual({ answer: done });
    expect(worker.sent).toEqual(['HTTP']);
  });

  it('goes by HTTP to the version that does not know the way, while the one that said so is deployed beside it', async () => {
    const worker = bound(() => Promise.reject(unknown('runActivityTask')), ['activityTask']);
    expect(await worker.call()).toEqual({ answer: done });
    expect(worker.sent).toEqual(['JS RPC', 'HTTP']);
    expect(worker.directory.peek('activity', 'q', 'pay')).toMatchObject({ identity: 'w' });
  });

  it('is given back when the Worker is not reached, and the Worker is set aside', async () => {
    const worker = bound(() => Promise.reject(unknown('somethingElse')), ['activityTask']);
    expect(await worker.call()).toEqual({
      released: expect.stringMatching(/^WORKER_W was not reached: .*somethingElse/),
    });
    expect(worker.sent).toEqual(['JS RPC']);
    expect(worker.directory.peek('activity', 'q', 'pay')).toBeUndefined();
  });

  it('may be answered in bytes, where a text would be too long', async () => {
    const worker = bound(async () => new TextEncoder().encode(JSON.stringify(done)), ['activityTask']);
    expect(await worker.call()).toEqual({ answer: done });
  });

  it.each<[string, string | TextAnswer, object]>([
    ['202', { status: 202, body: '{}' }, { accepted: true }],
    [
      '404',
      { status: 404, body: '{"notServed":"activity type \\"pay\\""}' },
      { released: 'WORKER_W does not serve activity type "pay"' },
    ],
    [
      '503',
      { status: 503, body: '{"message":"full"}' },
      { released: expect.stringMatching(/HTTP 503: .*full/) },
    ],
    [
      'what is not JSON',
      'done!',
      { answer: { failed: { failure: { message: expect.stringMatching(/not JSON/) } } } },
    ],
    [
      'more than a message may have',
      'a'.repeat(25 * 1024 * 1024),
      { answer: { failed: { failure: { message: expect.stringMatching(/too large/) } } } },
    ],
    [
      'what no Worker answers',
      { status: 'fine' } as never,
      { released: 'WORKER_W was not reached: it answered as no Worker does' },
    ],
  ])('is over as over HTTP when it is answered with %s', async (_, answer, outcome) => {
    expect(await bound(async () => answer, ['activityTask']).call()).toMatchObject(outcome);
  });

  it('is given up soon after its start-to-close timeout, and the Worker is not taken for down', async () => {
    vi.useFakeTimers();
    const worker = bound(() => new Promise(() => undefined), ['activityTask']);
    const call = worker.call({ startToCloseTimeout: '10s' });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await call).toEqual({ released: 'WORKER_W was not reached: no answer within 15000 ms' });
    expect(worker.directory.peek('activity', 'q', 'pay')).toBeUndefined();
    expect(await worker.directory.find('activity', 'q', 'pay')).toMatchObject({ identity: 'w' });
  });
});

describe('a workflow task for a Worker that the engine is bound to', () => {
  it.each<[string, JsRpcMessage[] | undefined]>([
    ['text', ['workflowTask']],
    ['objects', undefined],
  ])('goes as %s, by what the Worker takes', async (way, jsRpc) => {
    const worker = bound(async () => '', jsRpc);
    const session = await worker.open();
    expect(await session.runWorkflowTask([{}, {}] as never)).toMatchObject({
      completed: { identity: 'after 2 events' },
    });
    expect(worker.sent).toEqual([way]);
  });

  it('goes as objects when it is longer than a text over JS RPC may be, and one character makes all of it twice as long', async () => {
    const worker = bound(async () => '', ['workflowTask']);
    const data = 'a'.repeat(15 * 1024 * 1024);
    const session = await worker.open();
    await session.runWorkflowTask([{ workflowId: 'заказ', data }] as never);
    expect(worker.sent).toEqual(['objects']);
  });

  it('goes as objects to the version that takes no text, while the one that said so is deployed beside it', async () => {
    const worker = bound(async () => '', ['workflowTask']);
    worker.session.runWorkflowTaskText = () => Promise.reject(unknown('runWorkflowTaskText'));
    const session = await worker.open();
    expect(await session.runWorkflowTask([{}] as never)).toMatchObject({
      completed: { identity: 'after 1 events' },
    });
    expect(worker.sent).toEqual(['objects']);
  });

  it('may be answered in bytes, where a text would be too long', async () => {
    const worker = bound(async () => '', ['workflowTask']);
    const { runWorkflowTaskText: answer } = worker.session;
    worker.session.runWorkflowTaskText = async (text) =>
      new TextEncoder().encode((await answer(text)) as string);
    const session = await worker.open();
    expect(await session.runWorkflowTask([{}] as never)).toMatchObject({
      completed: { identity: 'after 1 events' },
    });
  });
});
