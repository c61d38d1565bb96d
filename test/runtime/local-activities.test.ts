import { describe, expect, it } from 'vitest';
import { defaultPayloadConverter, payloadFromJson } from '../../sdk/common/payload.ts';
import { condition, proxyLocalActivities, sleep } from '../../sdk/workflow/index.ts';
import { LocalWorld } from '../histories/scenarios-local.ts';
import * as workflows from '../histories/workflows-local.ts';
import { all, Driver, names, resultOf } from './driver.ts';

const local = proxyLocalActivities<{ double(n: number): Promise<number>; wait(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
});
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

  it('that outlasts its share of the task fails the task, and says how long it may take', async () => {
    async function slow(): Promise<void> {
      await local.wait();
    }
    const failed = await new Driver(slow, { localActivities: new LocalWorld() }).failingTask();
    expect(failed.failure.message).toMatch(/^Local activities must finish within 8 s .* and wait did not\./);
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

  it('is retried behind a timer when the task has no time left for the wait', async () => {
    async function patient(): Promise<number> {
      return proxyLocalActivities<{ flaky(n: number): Promise<number> }>({ startToCloseTimeout: 500 }).flaky(
        5,
      );
    }
    const commands = await new Driver(patient, { localActivities: new LocalWorld() }).task();
    // 1 s, 2 s and 4 s fit into the 8 s of the task, the next 8 s do not.
    expect(all(commands, 'StartTimer').map((timer) => timer.startToFireTimeout)).toEqual(['8s']);
  });
});
