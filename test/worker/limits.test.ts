import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SDK_HEADER, workerPaths } from '../../sdk/common/worker-protocol.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { type ActivityLimits, Slots } from '../../sdk/worker/limits.ts';
import { createHandler } from '../../sdk/worker/serve.ts';
import {
  ActivityFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '../../sdk/workflow/index.ts';
import { activityTask, recordingLogger } from './support.ts';

/** Counts how many run at once. */
function counting(ms: number) {
  const seen = { now: 0, most: 0, begun: 0, attempts: 0 };
  const withdraw = async (): Promise<number> => {
    seen.begun++;
    seen.most = Math.max(seen.most, ++seen.now);
    await new Promise((resolve) => setTimeout(resolve, ms));
    seen.now--;
    return seen.begun;
  };
  return { seen, withdraw };
}

describe('the limits of a Worker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function worker(limits: ActivityLimits, ms: number) {
    const { logger } = recordingLogger();
    const { seen, withdraw } = counting(ms);
    const handler = createHandler({ taskQueue: 'transfers', activities: { withdraw }, logger, ...limits });
    let id = 0;
    const call = (dispatchId = `run-1/5/${id++}`): Promise<Response> => {
      const body = JSON.stringify(activityTask({ dispatchId }));
      return handler.fetch(new Request(`http://worker${workerPaths.activityTask}`, { method: 'POST', body }));
    };
    return { seen, call };
  }
  const statuses = async (calls: Promise<Response>[]): Promise<number[]> =>
    (await Promise.all(calls)).map(({ status }) => status);

  it('are read when the Worker is made: what is no duration is not left to each of its activities', () => {
    const fields = { taskQueue: 'transfers', activities: { withdraw: async () => 1 } };
    for (const maxHeartbeatThrottleInterval of ['soon', -1])
      expect(() => createHandler({ ...fields, maxHeartbeatThrottleInterval })).toThrow('Not a duration');
    expect(() => createHandler({ ...fields, defaultHeartbeatThrottleInterval: 'x' })).toThrow(
      'Not a duration',
    );
  });

  it('give back what comes beyond them, in the words of a Worker, so that no attempt is used up', async () => {
    const { seen, call } = worker({ maxConcurrentActivityTaskExecutions: 2 }, 5_000);
    const calls = [call(), call(), call()];
    await vi.advanceTimersByTimeAsync(1_000);
    const refused = await calls[2]!;
    expect([refused.status, refused.headers.has(SDK_HEADER)]).toEqual([503, true]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await statuses(calls)).toEqual([200, 200, 503]);
    expect(seen).toMatchObject({ most: 2, begun: 2, now: 0 });
    const later = call();
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await later).status).toBe(200);
  });

  it('let in what waits when a place is given back soon', async () => {
    const { seen, call } = worker({ maxConcurrentActivityTaskExecutions: 1 }, 400);
    const calls = [call(), call(), call()];
    await vi.advanceTimersByTimeAsync(1_200);
    expect(await statuses(calls)).toEqual([200, 200, 200]);
    expect(seen.most).toBe(1);
  });

  it('execute a dispatch once that came twice while it waited', async () => {
    const { seen, call } = worker({ maxConcurrentActivityTaskExecutions: 1 }, 300);
    const calls = [call('first'), call('same'), call('same')];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await statuses(calls)).toEqual([200, 200, 200]);
    expect(seen.begun).toBe(2);
    const after = call('another');
    await vi.advanceTimersByTimeAsync(300);
    expect((await after).status).toBe(200);
  });

  it('keep a distance between the beginnings', async () => {
    const { seen, call } = worker({ maxActivitiesPerSecond: 4 }, 10);
    const calls = Array.from({ length: 8 }, () => call());
    await vi.advanceTimersByTimeAsync(600);
    expect(seen.begun).toBe(3);
    await vi.advanceTimersByTimeAsync(2_000);
    const all = await statuses(calls);
    // 0, 250, 500, 750 and 1,000 ms: the others would have waited too long.
    expect(all.filter((status) => status === 200)).toHaveLength(5);
    expect(all.filter((status) => status === 503)).toHaveLength(3);
  });

  it('must be greater than 0', () => {
    expect(() => worker({ maxConcurrentLocalActivityExecutions: 0 }, 1)).toThrow(
      'maxConcurrentLocalActivityExecutions: must be greater than 0',
    );
  });
});

describe('places', () => {
  it('are given in the order of those that wait; who gave up gets none', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    const leave = await slots.take({});
    const gaveUp = new AbortController();
    const waits = [
      slots.take({}, undefined, gaveUp.signal).then((place) => order.push(`first ${!!place}`)),
      slots.take({}).then((place) => order.push(`second ${!!place}`)),
    ];
    gaveUp.abort();
    leave!();
    await Promise.all(waits);
    expect(order).toEqual(['first false', 'second true']);
  });
});

const local = proxyLocalActivities<{ withdraw(): Promise<number> }>({ startToCloseTimeout: '1 minute' });
const { withdraw: remote } = proxyActivities<{ withdraw(): Promise<number> }>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});
const workflows = {
  async locally() {
    return (await Promise.all([local.withdraw(), local.withdraw(), local.withdraw()])).length;
  },
  async impatient() {
    const options = { scheduleToStartTimeout: '20 milliseconds', retry: { maximumAttempts: 5 } };
    const first = local.withdraw();
    const waits = local.withdraw.executeWithOptions(options, []).catch((error) => error as Error);
    const [, error] = await Promise.all([first, waits]);
    if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return error;
    return error.cause.timeoutType;
  },
  async many() {
    return (await Promise.all(Array.from({ length: 12 }, () => remote()))).length;
  },
};

describe('the limits of a Worker, with the engine', () => {
  async function run(workflowType: keyof typeof workflows, limits: ActivityLimits, ms: number) {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    const { seen, withdraw } = counting(ms);
    const options = { taskQueue: 'limits', workflows, activities: { withdraw }, ...limits };
    try {
      const start = { taskQueue: 'limits', workflowId: workflowType };
      const result = await env.runUntil(options, () => env.client.workflow.execute(workflowType, start));
      return { result, seen };
    } finally {
      await env.teardown();
    }
  }

  it('hold for local activities, which wait for a place', async () => {
    const { result, seen } = await run('locally', { maxConcurrentLocalActivityExecutions: 1 }, 20);
    expect(result).toBe(3);
    expect(seen).toMatchObject({ most: 1, begun: 3 });
  });

  it('let a local activity wait for its schedule-to-start timeout, and not try again', async () => {
    const { result, seen } = await run('impatient', { maxConcurrentLocalActivityExecutions: 1 }, 200);
    expect(result).toBe('SCHEDULE_TO_START');
    expect(seen.begun).toBe(1);
  });

  it('are felt as a delay by activities that have one attempt', async () => {
    const { result, seen } = await run('many', { maxConcurrentActivityTaskExecutions: 2 }, 30);
    expect(result).toBe(12);
    expect(seen).toMatchObject({ most: 2, begun: 12 });
  });
});
