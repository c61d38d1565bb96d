import { describe, expect, it } from 'vitest';
import type { TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import type { DeploymentRouting } from '../../sdk/common/versioning.ts';
import { SDK_HEADER, type WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { WorkerDirectory } from '../../src/matching/directory.ts';
import type { WorkerTarget } from '../../src/matching/worker-target.ts';

class FakeWorker implements WorkerTarget {
  readonly id: string;
  asked = 0;
  answer: () => Promise<Response>;
  constructor(id: string, taskQueue: string, activityTypes: string[], buildId?: string, more: object = {}) {
    this.id = id;
    const description: WorkerDescription = {
      identity: `${id}@host`,
      ...(buildId && { deploymentVersion: { deploymentName: 'orders', buildId } }),
      sdk: { name: 'fake', version: '1' },
      taskQueues: [{ name: taskQueue, workflowTypes: ['order'], activityTypes, ...more }],
    };
    this.answer = async () => Response.json(description, { headers: { [SDK_HEADER]: 'fake/1' } });
  }
  fetch(): Promise<Response> {
    this.asked++;
    return this.answer();
  }
}

function directoryOf(...workers: FakeWorker[]) {
  const clock = { now: 1_000 };
  const listed: FakeWorker[] = [...workers];
  const routing: DeploymentRouting[] = [];
  const sighted: WorkerDescription[] = [];
  const limits: Record<string, TaskQueueLimits> = {};
  const directory = new WorkerDirectory({
    list: async () => ({ workers: listed, deployments: structuredClone(routing), limits: { ...limits } }),
    sighted: async (description) => sighted.push(description),
    clock: () => clock.now,
  });
  const find = async (type = 'pay', prefer?: string): Promise<string> => {
    const match = await directory.find('activity', 'q', type, prefer);
    return 'waitingReason' in match ? match.waitingReason : match.worker.id;
  };
  return { clock, listed, routing, limits, sighted, directory, find };
}

describe('the directory of Workers', () => {
  it('shares the load among Workers of one task queue, and keeps to a preferred one', async () => {
    const { find } = directoryOf(new FakeWorker('a', 'q', ['pay']), new FakeWorker('b', 'q', ['pay']));
    expect(new Set([await find(), await find()])).toEqual(new Set(['a', 'b']));
    expect([await find('pay', 'b'), await find('pay', 'b')]).toEqual(['b', 'b']);
  });

  it('knows the lowest rate that Workers ask for a task queue before anything is dispatched, beside what is configured', async () => {
    const asking = (id: string, rate?: number) =>
      new FakeWorker(id, 'q', ['pay'], undefined, rate === undefined ? {} : { maxActivitiesPerSecond: rate });
    const { directory, limits } = directoryOf(asking('a', 5), asking('b', 2), asking('c'), asking('d', 0));
    await directory.described();
    expect(directory.limitsOf('q')).toEqual({ revision: 0, workersRequestsPerSecond: 2 });
    expect(directory.limitsOf('other')).toBeUndefined();
    limits.q = { revision: 3, maxConcurrentTasks: 1 };
    directory.invalidate();
    await directory.described();
    expect(directory.limitsOf('q')).toEqual({
      revision: 3,
      maxConcurrentTasks: 1,
      workersRequestsPerSecond: 2,
    });
  });

  it('knows of no limits where weights alone are left of them, and tells them beside a rate of Workers', async () => {
    const limitless = directoryOf(new FakeWorker('a', 'q', ['pay']));
    const rated = directoryOf(new FakeWorker('a', 'q', ['pay'], undefined, { maxActivitiesPerSecond: 5 }));
    const left = { revision: 4, weights: { gold: 5 } };
    for (const { directory, limits } of [limitless, rated]) {
      limits.q = left;
      await directory.described();
    }
    expect(limitless.directory.limitsOf('q')).toBeUndefined();
    expect(rated.directory.limitsOf('q')).toEqual({ ...left, workersRequestsPerSecond: 5 });
  });

  it('forgets the rate of a Worker that does not answer while another one serves the task queue', async () => {
    const asking = (id: string, rate: number) =>
      new FakeWorker(id, 'q', ['pay'], undefined, { maxActivitiesPerSecond: rate });
    const { directory } = directoryOf(asking('a', 5), asking('b', 2));
    await directory.described();
    const rate = (): number | undefined => directory.limitsOf('q')?.workersRequestsPerSecond;
    directory.failed('b', 'no answer');
    expect(rate()).toBe(5);
    // Nobody else is there who could say another one.
    directory.failed('a', 'no answer');
    expect(rate()).toBe(2);
  });

  it('sets a failed Worker aside, and takes it back once it describes itself again', async () => {
    const a = new FakeWorker('a', 'q', ['pay']);
    const { clock, directory, find } = directoryOf(a, new FakeWorker('b', 'q', ['pay']));
    await find();
    directory.failed('a', 'connection refused');
    expect([await find(), await find(), await find()]).toEqual(['b', 'b', 'b']);
    clock.now += 300;
    await find();
    await Promise.resolve();
    expect(new Set([await find(), await find()])).toEqual(new Set(['a', 'b']));
  });

  it.each([
    '{}',
    'null',
    '{"taskQueues": 5}',
    '{"identity": "a", "sdk": {"name": "s", "version": "1"}, "taskQueues": [null]}',
    '{"identity": "a", "sdk": {"name": "s", "version": "1"}, "taskQueues": [{"name": "q", "workflowTypes": {}, "activityTypes": "pay"}]}',
  ])('sets a Worker aside that says %s of itself, and finds the others all the same', async (said) => {
    const a = new FakeWorker('a', 'q', ['pay']);
    a.answer = async () => new Response(said, { headers: { [SDK_HEADER]: 'fake/1' } });
    const { directory, find } = directoryOf(a, new FakeWorker('b', 'q', ['pay']));
    expect([await find(), await find()]).toEqual(['b', 'b']);
    expect(await find('refund')).toContain('serves activity type "refund"');
    expect(directory.peek('activity', 'q', 'pay')?.worker.id).toBe('b');
    expect(directory.limitsOf('q')).toBeUndefined();
  });

  it('takes calls that fail together for one failure: the Worker is asked again as soon as after one', async () => {
    const { clock, directory, find } = directoryOf(new FakeWorker('a', 'q', ['pay']));
    await find();
    for (let call = 0; call < 50; call++) directory.failed('a', 'connection lost');
    expect(await find()).toContain('not answering: a: connection lost');
    clock.now += 300;
    expect(await find()).toBe('a');
  });

  it('does not wait for a Worker that hangs while another one serves the queue', async () => {
    const a = new FakeWorker('a', 'q', ['pay']);
    const { clock, directory, find } = directoryOf(a, new FakeWorker('b', 'q', ['pay']));
    await find();
    directory.failed('a', 'no answer');
    a.answer = () => new Promise(() => undefined);
    clock.now += 300;
    expect(await find()).toBe('b');
  });

  it('says which task queue or type nobody serves, and which Workers do not answer', async () => {
    const a = new FakeWorker('a', 'q', ['pay']);
    const { clock, directory, find } = directoryOf(a);
    expect(await find('refund')).toBe('no Worker on task queue "q" serves activity type "refund"');
    const nobody = await directory.find('activity', 'other', 'pay');
    expect(nobody).toEqual({ waitingReason: 'no Worker serves task queue "other"' });
    a.answer = async () => new Response('bad gateway', { status: 502 });
    directory.failed('a', 'connection refused');
    clock.now += 300;
    expect(await find()).toMatch(/no Worker serves task queue "q" \(not answering: a: HTTP 502/);
  });

  it('asks again on a miss, so that a new type is served without waiting for the cache', async () => {
    const a = new FakeWorker('a', 'q', ['pay']);
    const { clock, find } = directoryOf(a);
    await find();
    a.answer = new FakeWorker('a', 'q', ['pay', 'refund']).answer;
    clock.now += 600;
    expect(await find('refund')).toBe('a');
  });

  it('finds a Worker that was registered a moment ago once the list may be out of date', async () => {
    const { listed, directory, find } = directoryOf();
    expect(await find()).toBe('no Worker serves task queue "q"');
    listed.push(new FakeWorker('late', 'q', ['pay']));
    directory.invalidate();
    expect(await find()).toBe('late');
  });

  it('is found by all who look for it at once, though only the first of them knows nothing', async () => {
    const { find } = directoryOf(new FakeWorker('a', 'q', ['pay']));
    expect(await Promise.all([find(), find(), find()])).toEqual(['a', 'a', 'a']);
  });

  it('answers from memory only while what it knows is fresh', async () => {
    const { clock, directory, find } = directoryOf(new FakeWorker('a', 'q', ['pay']));
    expect(directory.peek('activity', 'q', 'pay')).toBeUndefined();
    await find();
    expect(directory.peek('activity', 'q', 'pay')?.worker.id).toBe('a');
    clock.now += 6_000;
    expect(directory.peek('activity', 'q', 'pay')).toBeUndefined();
  });

  it('gives a task to Workers of its version alone, and says which version is missing', async () => {
    const [one, two] = [new FakeWorker('a', 'q', ['pay'], 'one'), new FakeWorker('b', 'q', ['pay'], 'two')];
    const { routing, directory, find } = directoryOf(one, two, new FakeWorker('c', 'q', ['pay']));
    const versions = ['one', 'two', 'gone'].map((buildId) => ({
      buildId,
      workflowQueues: ['q'],
      activityQueues: ['q'],
    }));
    routing.push({ name: 'orders', currentBuildId: 'two', currentChangedTime: 1, versions });
    expect([await find(), await find()]).toEqual(['b', 'b']);
    const pinned = (buildId: string) =>
      directory.find('workflow', 'q', 'order', undefined, {
        workflowId: 'w',
        pinnedTo: { deploymentName: 'orders', buildId },
      });
    expect(await pinned('one')).toMatchObject({
      identity: 'a@host',
      deploymentVersion: { deploymentName: 'orders', buildId: 'one' },
      targetChanged: true,
    });
    expect(await pinned('gone')).toEqual({
      waitingReason: 'no Worker of version "orders:gone" serves task queue "q"',
    });
  });

  it('makes a version known that it sees first, and gives it nothing while it is not current', async () => {
    const { sighted, directory, find } = directoryOf(new FakeWorker('a', 'q', ['pay'], 'one'));
    expect(await find()).toBe(
      'no Worker without a version (and no version is current) serves task queue "q"',
    );
    expect(sighted[0]?.deploymentVersion).toEqual({ deploymentName: 'orders', buildId: 'one' });
    expect(directory.destinationOf('activity', 'q', { workflowId: 'w' })).toEqual({});
  });
});
