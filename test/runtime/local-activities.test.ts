import { describe, expect, it } from 'vitest';
import { defaultPayloadConverter, payloadFromJson } from '../../sdk/common/payload.ts';
import { condition, proxyLocalActivities, sleep } from '../../sdk/workflow/index.ts';
import { LocalWorld } from '../histories/scenarios-local.ts';
import * as workflows from '../histories/workflows-local.ts';
import { all, Driver, names, resultOf } from './driver.ts';

const local = proxyLocalActivities<{ double(n: number): Promise<number>; wait(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});
async function waits(): Promise<void> {
  await local.wait();
}
async function doubled(n: number): Promise<number> {
  return local.double(n);
}

describe('a local activity', () => {
  it('does not begin before the session is told to proceed', async () => {
    const world = new LocalWorld();
    const run = new Driver(doubled, { args: [4], localActivities: world });
    run.history.scheduleTask();
    run.history.startTask();
    const session = run.open();
    expect(await session.runWorkflowTask(run.history.events)).toEqual({ localActivities: true });
    expect(world.tasks).toEqual([]);
    expect(await session.proceed()).toHaveProperty('completed');
    expect(world.tasks).toHaveLength(1);
    expect(world.tasks[0]).toMatchObject({ activityType: 'double', activityId: '1', attempt: 1 });
  });

  it("leaves a marker in the form of Temporal's core", async () => {
    const run = new Driver(doubled, { args: [4], localActivities: new LocalWorld() });
    const commands = await run.task();
    expect(names(commands)).toEqual(['RecordMarker', 'CompleteWorkflowExecution']);
    expect(resultOf(commands)).toBe(8);
    const [marker] = all(commands, 'RecordMarker');
    expect(marker!.markerName).toBe('core_local_activity');
    const [data] = marker!.details!.data!.payloads!;
    expect(defaultPayloadConverter.fromPayload(payloadFromJson(data!))).toEqual({
      seq: 1,
      attempt: 1,
      activity_id: '1',
      activity_type: 'double',
      complete_time: { seconds: 1_767_225_600, nanos: 25_000_000 },
      backoff: null,
      original_schedule_time: { seconds: 1_767_225_600, nanos: 0 },
    });
    const [result] = marker!.details!.result!.payloads!;
    expect(defaultPayloadConverter.fromPayload(payloadFromJson(result!))).toBe(8);
  });

  it.each([
    [{ startToCloseTimeout: '5s' }, ['0s', '5s']],
    [{ scheduleToCloseTimeout: '5s' }, ['5s', '5s']],
    [{ scheduleToCloseTimeout: '5s', startToCloseTimeout: '2s' }, ['5s', '2s']],
    [{ scheduleToCloseTimeout: '2s', startToCloseTimeout: '5s' }, ['2s', '2s']],
  ] as const)('with %j has no longer for an attempt than for all of them', async (options, timeouts) => {
    const world = new LocalWorld();
    const once = () => proxyLocalActivities<{ double(n: number): Promise<number> }>(options).double(1);
    await new Driver(once, { localActivities: world }).task();
    const [task] = world.tasks;
    expect([task!.scheduleToCloseTimeout, task!.startToCloseTimeout]).toEqual(timeouts);
  });

  it('that was recorded under another type is a non-determinism', async () => {
    const run = new Driver(workflows.localBetweenTasks, { localActivities: new LocalWorld() });
    await run.task();
    run.history.signal('go');
    await run.task();
    run.history.signal('go');
    run.restart(async function changed() {
      await condition(() => false);
    } as never);
    const failed = await run.failingTask();
    expect(failed.cause).toBe('NON_DETERMINISTIC_ERROR');
    expect(failed.failure.message).toContain('local activity 1, activityType double');
  });

  it('of a type that the Worker does not have fails the task', async () => {
    const failed = await new Driver(doubled, { args: [1] }).failingTask();
    expect(failed.failure.message).toBe("Local activity of type 'double' not registered on worker");
  });

  it('that outlasts its task, where the run ends with the task, fails it and says how long it may take', async () => {
    const options = { localActivities: new LocalWorld(), endsWithTask: true };
    const failed = await new Driver(waits, options).failingTask();
    expect(failed.failure.message).toMatch(
      /must finish within 8 s .* and wait did not\. Give the Worker a session/,
    );
  });

  it('that still runs when the workflow ends is not waited for', async () => {
    async function inAHurry(): Promise<number> {
      return Promise.race([local.wait().then(() => 0), local.double(1)]);
    }
    const world = new LocalWorld();
    const commands = await new Driver(inAHurry, { localActivities: world }).task();
    expect(names(commands)).toEqual(['RecordMarker', 'CompleteWorkflowExecution']);
    expect(world.stopped).toEqual(['wait']);
  });

  it('moves the clock by the time that it took, and a replay sees the same', async () => {
    async function timed(): Promise<number[]> {
      const times = [Date.now()];
      await local.double(1);
      times.push(Date.now());
      await sleep('1 minute');
      return times.map((time) => time - times[0]!);
    }
    const run = new Driver(timed, { localActivities: new LocalWorld() });
    await run.task();
    run.restart();
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toEqual([0, 25]);
  });
});

describe('a local activity that fails', () => {
  it('is retried behind a timer when the wait is longer than its threshold', async () => {
    const run = new Driver(workflows.localRetriedBehindTimers, { localActivities: new LocalWorld() });
    expect(names(await run.task())).toEqual(['RecordMarker', 'StartTimer']);
    run.history.fireTimer('1');
    const second = await run.task();
    expect(names(second)).toEqual(['RecordMarker', 'StartTimer']);
    expect(all(second, 'StartTimer')[0]!.startToFireTimeout).toBe('2s');
    run.restart();
    run.history.fireTimer('2');
    expect(resultOf(await run.task())).toBe(3);
  });

  async function patient(): Promise<number> {
    return proxyLocalActivities<{ flaky(n: number): Promise<number> }>({ startToCloseTimeout: 500 }).flaky(5);
  }

  it('is retried across tasks when the waits are shorter than its threshold', async () => {
    const world = new LocalWorld();
    const run = new Driver(patient, { localActivities: world });
    let tasks = 0;
    for (; !run.history.closed; tasks++) await run.task();
    // 1 + 2 + 4 + 8 + 16 s, of which a task takes eight.
    expect(tasks).toBe(4);
    expect(world.tasks.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is retried behind a timer when the task has no time left for the wait and the run ends with it', async () => {
    const options = { localActivities: new LocalWorld(), endsWithTask: true };
    const commands = await new Driver(patient, options).task();
    // 1 s, 2 s and 4 s fit into the 8 s of the task, the next 8 s do not.
    expect(all(commands, 'StartTimer').map((timer) => timer.startToFireTimeout)).toEqual(['8s']);
  });
});

describe('a local activity that outlasts its workflow task', () => {
  it('asks for another task at 80 % of the timeout, with the commands there are, and goes on', async () => {
    async function besides(): Promise<number> {
      await Promise.all([local.double(1), sleep('1 day'), local.wait()]);
      return 1;
    }
    const world = new LocalWorld();
    const run = new Driver(besides, { localActivities: world });
    run.history.scheduleTask();
    run.history.startTask();
    const session = run.open();
    const before = world.now();
    expect(await session.runWorkflowTask(run.history.events)).toEqual({ localActivities: true });
    const answer = await session.proceed();
    if (!('completed' in answer)) throw new Error('the task failed');
    expect(answer.completed.forceCreateNewWorkflowTask).toBe(true);
    expect(names(answer.completed.commands)).toEqual(['StartTimer', 'RecordMarker']);
    expect(world.now() - before).toBe(8_000);
    expect(world.stopped).toEqual([]);
    session[Symbol.dispose]();
  });

  it('is carried out once while the run is held, and again by a run that is new', async () => {
    const world = new LocalWorld();
    const run = new Driver(workflows.localOutlastsTasks, { args: [20_000], localActivities: world });
    await run.task();
    await run.task();
    expect(world.tasks).toHaveLength(1);
    run.restart();
    for (let tasks = 0; tasks < 3; tasks++) await run.task();
    expect(world.tasks).toHaveLength(2);
  });

  it('can be cancelled in a later task', async () => {
    const world = new LocalWorld();
    const run = new Driver(workflows.localCancelledBySignal, {
      args: ['TRY_CANCEL'],
      localActivities: world,
    });
    await run.task();
    await run.task();
    run.history.signal('go');
    expect(resultOf(await run.task())).toEqual([true, 'wait']);
    expect(world.stopped).toEqual(['wait']);
  });

  it('is stopped when the session is given up', async () => {
    const world = new LocalWorld();
    const run = new Driver(waits, { localActivities: world });
    run.history.scheduleTask();
    run.history.startTask();
    const session = run.open();
    await session.runWorkflowTask(run.history.events);
    await session.proceed();
    session[Symbol.dispose]();
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.stopped).toEqual(['wait']);
  });

  it('shows the same clock to a replay: that of the task in which it was scheduled', async () => {
    async function timed(): Promise<number[]> {
      const times = [Date.now()];
      await proxyLocalActivities<{ slow(ms: number): Promise<void> }>({ startToCloseTimeout: '1h' }).slow(
        20_000,
      );
      times.push(Date.now());
      await sleep('1 minute');
      return times;
    }
    const run = new Driver(timed, { localActivities: new LocalWorld() });
    const start = run.history.now;
    for (let tasks = 0; tasks < 3; tasks++) {
      await run.task();
      run.history.now += 8_000;
    }
    run.restart();
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toEqual([start, start + 20_000]);
  });
});
