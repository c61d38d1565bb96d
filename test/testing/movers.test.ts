/** Who moves a virtual clock, and how far: nobody's time is passed over. */

import { TestWorkflowEnvironment } from 'perdure/testing';
import { describe, expect, it } from 'vitest';
import { type Clock, Movers } from '../../sdk/testing/movers.ts';

/** A clock whose alarms tell when they go off, and may set others. */
function newClock(alarms: [time: number, then?: () => void][]) {
  let now = 0;
  const rang: string[] = [];
  const clock: Clock = {
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    nextAlarm: () => (alarms.length > 0 ? Math.min(...alarms.map(([time]) => time)) : undefined),
    moveTo: (time) => {
      now = Math.max(now, time);
    },
    fireDue: () => {
      const due = alarms.filter(([time]) => time <= now);
      alarms.splice(0, alarms.length, ...alarms.filter(([time]) => time > now));
      for (const [time, then] of due) {
        rang.push(`${time} at ${now}`);
        then?.();
      }
    },
  };
  return { clock, rang, alarms, now: () => now };
}

describe('movers of the clock', () => {
  it('let alarms go off in their order, also those that others set, and none that is later', async () => {
    const { clock, rang, alarms, now } = newClock([[30], [10, () => alarms.push([20])], [41]]);
    await new Movers().advance(40, clock);
    expect(rang).toEqual(['10 at 10', '20 at 20', '30 at 30']);
    expect(now()).toBe(40);
  });

  it('arrive in the order of their times, and what follows from one comes before the clock moves on', async () => {
    const movers = new Movers();
    const { clock, rang, alarms, now } = newClock([]);
    const came: string[] = [];
    const advance = (until: number, then?: () => void): Promise<void> =>
      movers.advance(until, clock).then(() => {
        came.push(`${until} at ${now()}`);
        then?.();
      });
    await Promise.all([advance(100), advance(50, () => alarms.push([60])), advance(100), advance(70)]);
    expect(came).toEqual(['50 at 50', '70 at 70', '100 at 100', '100 at 100']);
    expect(rang).toEqual(['60 at 60']);
  });

  it('are at it from the moment at which they ask until they arrive, or as long as what they wait for takes', async () => {
    const movers = new Movers();
    expect(movers.atIt).toBe(false);
    const advanced = movers.advance(10, newClock([]).clock);
    expect(movers.atIt).toBe(true);
    await advanced;
    expect(movers.atIt).toBe(false);
    const failing = {
      ...newClock([[5]]).clock,
      fireDue: () => {
        throw new Error('no');
      },
    };
    await expect(movers.advance(10, failing)).rejects.toThrow('no');
    expect(movers.atIt).toBe(false);
    const skipping = movers.whileSkipping(Promise.reject(new Error('failed')));
    expect(movers.atIt).toBe(true);
    await expect(skipping).rejects.toThrow('failed');
    expect(movers.atIt).toBe(false);
  });
});

describe('a sleep in a test', () => {
  it.each([0, 1, 2, 3, 4, 5])(
    'that is asked for before the clock has moved, %i turns behind a longer one, ends first',
    async (turns) => {
      const env = await TestWorkflowEnvironment.createTimeSkipping();
      const start = await env.currentTimeMs();
      const slept = async (duration: string): Promise<number> => {
        const asked = await env.currentTimeMs();
        await env.sleep(duration);
        return (await env.currentTimeMs()) - asked;
      };
      const longer = slept('10 seconds');
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      const shorter = slept('5 seconds');
      expect(await Promise.all([longer, shorter])).toEqual([10_000, 5_000]);
      expect(await env.currentTimeMs()).toBeGreaterThanOrEqual(start + 10_000);
      await env.teardown();
    },
  );
});
