import { describe, expect, it } from 'vitest';
import { Waiters } from '../../src/execution/waiters.ts';
import { type HeldEffect, Waiting } from '../../src/execution/waiting.ts';
import { EPOCH } from './rig.ts';

const task = (scheduledEventId: number): HeldEffect => ({
  kind: 'DispatchActivityTask',
  task: { namespace: 'default', workflowId: 'order-1', runId: 'run-1', scheduledEventId, attempt: 1 },
  activityType: 'charge',
  taskQueue: 'orders',
});

describe('effects that wait for a Worker', () => {
  it('are tried again after half a second first, then ever later, at most a minute', () => {
    let now = EPOCH;
    const waiting = new Waiting(
      () => now,
      () => EPOCH,
    );
    const pauses: number[] = [];
    for (let i = 0; i < 40; i++) {
      waiting.hold(task(5), 'nobody');
      pauses.push(waiting.nextRetry()! - now);
      now = waiting.nextRetry()!;
      expect(waiting.due()).toEqual([task(5)]);
    }
    expect(pauses[0]).toBe(500);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(60_000);
  });

  it('for long are not tried more often because the object has left memory', () => {
    let now = EPOCH + 3_600_000;
    const waiting = () =>
      new Waiting(
        () => now,
        () => EPOCH,
      );
    for (let lives = 0; lives < 3; lives++) {
      const object = waiting();
      const pauses = Array.from({ length: 3 }, () => {
        object.hold(task(5), 'nobody');
        const pause = object.nextRetry()! - now;
        now = object.nextRetry()!;
        return pause;
      });
      expect(pauses).toEqual([5_000, 60_000, 60_000]);
    }
  });

  it('wait no less because they went through a Queue meanwhile, whose consumer found nobody either', () => {
    let now = EPOCH;
    const waiting = new Waiting(
      () => now,
      () => EPOCH,
    );
    const pauses = [10_000, 60_000, 3_600_000].map((age) => {
      now = EPOCH + age;
      waiting.release(task(5));
      waiting.hold(task(5), 'nobody');
      return waiting.nextRetry()! - now;
    });
    expect(pauses).toEqual([2_500, 15_000, 60_000]);
  });

  it('are all due when somebody appears, and none after they were released', () => {
    const waiting = new Waiting(
      () => EPOCH,
      () => EPOCH,
    );
    waiting.hold(task(5), 'nobody');
    waiting.hold(task(6), 'nobody');
    waiting.release(task(6));
    expect(waiting.due()).toEqual([]);
    waiting.retryAll();
    expect(waiting.due()).toEqual([task(5)]);
    waiting.clear();
    expect([waiting.size, waiting.nextRetry()]).toEqual([0, undefined]);
  });
});

describe('waiters', () => {
  const clock = () => {
    let expire: () => void = () => undefined;
    let stopped = false;
    const after = (_ms: number, callback: () => void) => {
      expire = callback;
      return () => {
        stopped = true;
      };
    };
    return { waiters: new Waiters({ after } as never), expire: () => expire(), stopped: () => stopped };
  };

  it('look again after each commit until they have seen enough', async () => {
    const { waiters, stopped } = clock();
    let commits = 0;
    const waited = waiters.until(1_000, () => ({ done: commits === 2, value: commits }));
    while (commits < 2) {
      commits++;
      waiters.wake();
      await Promise.resolve();
    }
    expect(await waited).toBe(2);
    expect(stopped()).toBe(true);
  });

  it('answer what they last saw when their time is up', async () => {
    const { waiters, expire } = clock();
    const waited = waiters.until(1_000, () => ({ done: false, value: 'not yet' }));
    expire();
    expect(await waited).toBe('not yet');
  });

  it('look once when there is no time to wait', async () => {
    const { waiters } = clock();
    expect(await waiters.until(0, () => ({ done: false, value: 7 }))).toBe(7);
  });
});
