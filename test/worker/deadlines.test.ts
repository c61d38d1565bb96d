import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../../sdk/common/deadlines.ts';

describe('deadlines over one timer', () => {
  const passed: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
    passed.length = 0;
  });
  afterEach(() => void vi.useRealTimers());

  const pass = (name: string) => () => void passed.push(name);

  it('pass each at its time, in whatever order they were added', async () => {
    const deadlines = new Deadlines();
    deadlines.add(1_000, pass('second'));
    deadlines.add(60_000, pass('last'));
    deadlines.add(500, pass('first'));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(499);
    expect(passed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(500);
    expect(passed).toEqual(['first', 'second']);
    await vi.advanceTimersByTimeAsync(58_999);
    expect(passed).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toEqual(['first', 'second', 'last']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('can be added by one that passes', async () => {
    const deadlines = new Deadlines();
    const again = (): void => {
      passed.push('again');
      deadlines.add(1_000, again);
    };
    deadlines.add(1_000, again);
    deadlines.add(2_500, pass('other'));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(passed).toEqual(['again', 'again', 'other', 'again']);
  });

  it('do not pass any more once they are cleared, also by one that passes at the same time', async () => {
    const deadlines = new Deadlines();
    deadlines.add(1_000, () => deadlines.clear());
    deadlines.add(1_000, pass('same time'));
    deadlines.add(1_500, pass('later'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(passed).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('all pass that are due when a timer is late', async () => {
    const deadlines = new Deadlines();
    deadlines.add(1_000, pass('first'));
    deadlines.add(1_200, pass('second'));
    vi.setSystemTime(Date.now() + 10_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(passed).toEqual(['first', 'second']);
  });

  it('pass in time though the clock is set back meanwhile', async () => {
    const deadlines = new Deadlines();
    deadlines.add(50, pass('short'));
    deadlines.add(1_000, pass('long'));
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(50);
    expect(passed).toEqual(['short']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(passed).toEqual(['short', 'long']);
  });

  it('can be called off, each by itself', async () => {
    const deadlines = new Deadlines();
    const callOff = deadlines.add(500, pass('called off'));
    const callOffLast = deadlines.add(800, pass('called off last'));
    deadlines.add(600, pass('other'));
    callOff();
    await vi.advanceTimersByTimeAsync(700);
    expect(passed).toEqual(['other']);
    callOffLast();
    callOffLast();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('pass though one before them throws', async () => {
    const deadlines = new Deadlines();
    deadlines.add(500, () => {
      throw new Error('no good');
    });
    deadlines.add(500, pass('other'));
    expect(() => vi.advanceTimersByTime(500)).toThrow('no good');
    vi.advanceTimersByTime(1);
    expect(passed).toEqual(['other']);
  });

  it('that no timer of the platform can wait for are waited for in turns', async () => {
    const deadlines = new Deadlines();
    const days = 60 * 86_400_000;
    deadlines.add(days, pass('far'));
    await vi.advanceTimersByTimeAsync(days - 1);
    expect(passed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toEqual(['far']);
  });
});
