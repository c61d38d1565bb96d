import { describe, expect, it } from 'vitest';
import type { ActivityTask, ActivityTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { HostedActivity, type Hosting, type HostStorage } from '../../sdk/worker/hosted-activity.ts';
import type { ReportOutcome } from '../../sdk/worker/report.ts';
import { activityTask, payloads } from './support.ts';

const done: ActivityTaskAnswer = { completed: { result: payloads('done') } };

/** The engine was not reached, and so does not say when to ask again. */
const AGAIN: ReportOutcome = { againInMs: 0 };

/** An object's disk, clock and engine. A new incarnation has the same disk and nothing else. */
class Host implements HostStorage, Hosting {
  time = 1_000_000;
  alarmTime: number | undefined;
  readonly values = new Map<string, unknown>();
  readonly executed: ActivityTask[] = [];
  readonly reported: ActivityTaskAnswer[] = [];
  /** What the engine says, one by one; then it takes everything. */
  engine: ReportOutcome[] = [];
  finish: (answer: ActivityTaskAnswer | 'async') => void = () => undefined;
  activity = new HostedActivity(this, this);

  now = (): number => this.time;
  keepAlive = (): void => undefined;
  async get<T>(keys: string[]): Promise<Map<string, T>> {
    return new Map(keys.filter((key) => this.values.has(key)).map((key) => [key, this.values.get(key) as T]));
  }
  async put(entries: Record<string, unknown>): Promise<void> {
    for (const [key, value] of Object.entries(entries)) this.values.set(key, structuredClone(value));
  }
  async setAlarm(time: number): Promise<void> {
    this.alarmTime = time;
  }
  async deleteAll(): Promise<void> {
    this.values.clear();
  }
  execute(task: ActivityTask): Promise<ActivityTaskAnswer | 'async'> {
    this.executed.push(task);
    return new Promise((resolve) => {
      this.finish = resolve;
    });
  }
  async report(_task: ActivityTask, answer: ActivityTaskAnswer): Promise<ReportOutcome> {
    this.reported.push(answer);
    return this.engine.shift() ?? 'over';
  }

  restart(): void {
    this.activity = new HostedActivity(this, this);
  }
  /** Fires the alarm; answers how long it took until then. */
  async ring(): Promise<number> {
    const waited = this.alarmTime! - this.time;
    this.time = this.alarmTime!;
    this.alarmTime = undefined;
    await this.activity.alarm();
    return waited;
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an activity in an object of its own', () => {
  it('is accepted before it ends, and once only', async () => {
    const host = new Host();
    await host.activity.accept(activityTask());
    await host.activity.accept(activityTask());
    expect(host.executed).toHaveLength(1);
    expect(host.reported).toEqual([]);
  });

  it('is not taken for accepted when it could not be kept: it comes again, and is executed', async () => {
    const host = new Host();
    const put = host.put;
    host.put = async () => {
      throw new Error('storage is away');
    };
    await expect(host.activity.accept(activityTask())).rejects.toThrow('storage is away');
    expect(host.executed).toEqual([]);
    host.put = put;
    await host.activity.accept(activityTask());
    expect(host.executed).toHaveLength(1);
  });

  it('is reported by the alarm when its answer could not be kept at once', async () => {
    const host = new Host();
    const kept: Array<Promise<unknown>> = [];
    host.activity = new HostedActivity(host, {
      now: host.now,
      execute: (task) => host.execute(task),
      report: (task, answer) => host.report(task, answer),
      keepAlive: (promise) => void kept.push(promise.catch(() => undefined)),
    });
    await host.activity.accept(activityTask());
    const put = host.put;
    host.put = async () => {
      throw new Error('storage is away');
    };
    host.finish(done);
    await Promise.all(kept);
    host.put = put;
    for (let rings = 0; rings < 3 && host.reported.length === 0; rings++) await host.ring();
    expect(host.reported).toMatchObject([{ failed: {} }]);
  });

  it('is reported when it ends, and forgotten after a while', async () => {
    const host = new Host();
    await host.activity.accept(activityTask());
    host.finish(done);
    await settled();
    expect(host.reported).toEqual([done]);
    await host.activity.accept(activityTask());
    expect(host.executed).toHaveLength(1);
    expect(await host.ring()).toBe(600_000);
    expect(host.values.size).toBe(0);
    expect(host.alarmTime).toBeUndefined();
  });

  it('keeps its object in memory by alarms, however long it runs', async () => {
    const host = new Host();
    await host.activity.accept(activityTask());
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) waits.push(await host.ring());
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(host.reported).toEqual([]);
  });

  it('is reported as failed, to be tried again at once, when the object was restarted', async () => {
    const host = new Host();
    await host.activity.accept(activityTask());
    host.restart();
    await host.ring();
    expect(host.executed).toHaveLength(1);
    expect(host.reported).toMatchObject([
      {
        failed: {
          failure: { applicationFailureInfo: { type: 'ActivityHostRestarted', nextRetryDelay: '0.001s' } },
        },
      },
    ]);
  });

  it('is reported until the engine answers, over restarts, with growing pauses', async () => {
    const host = new Host();
    host.engine = [AGAIN, AGAIN, AGAIN];
    await host.activity.accept(activityTask());
    host.finish(done);
    await settled();
    const waits = [await host.ring()];
    host.restart();
    waits.push(await host.ring(), await host.ring());
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(host.reported).toEqual([done, done, done, done]);
    expect(host.executed).toHaveLength(1);
  });

  it('is reported when the engine wants to be asked again, if that is later', async () => {
    const host = new Host();
    host.engine = [{ againInMs: 30_000 }, { againInMs: 500 }];
    await host.activity.accept(activityTask());
    host.finish(done);
    await settled();
    expect([await host.ring(), await host.ring()]).toEqual([30_000, 2_000]);
    expect(host.reported).toEqual([done, done, done]);
  });

  it('keeps an answer of megabytes in pieces', async () => {
    const host = new Host();
    const large = { completed: { result: payloads('x'.repeat(3_000_000)) } };
    host.engine = [AGAIN];
    await host.activity.accept(activityTask());
    host.finish(large);
    await settled();
    const longest = Math.max(...[...host.values.values()].map((value) => JSON.stringify(value).length));
    expect(longest).toBeLessThan(1_000_000);
    host.restart();
    await host.ring();
    expect(host.reported.at(-1)).toEqual(large);
  });

  it('reports a failure in place of an answer that the engine cannot take', async () => {
    const host = new Host();
    const instead: ActivityTaskAnswer = { failed: { failure: { message: 'too large' } } };
    host.engine = [{ instead }];
    await host.activity.accept(activityTask());
    host.finish(done);
    await settled();
    host.restart();
    await host.ring();
    expect(host.reported).toEqual([done, instead]);
  });

  it('that is completed by its task token reports nothing', async () => {
    const host = new Host();
    await host.activity.accept(activityTask());
    host.finish('async');
    await settled();
    await host.ring();
    expect(host.reported).toEqual([]);
    expect(host.values.size).toBe(0);
  });
});
