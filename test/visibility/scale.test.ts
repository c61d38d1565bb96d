/** What docs/scaling.md promises, on a smaller scale: inside the platform's limits, and nobody is woken for nothing. */

import { expect, it } from 'vitest';
import { idleHour } from '../bench/idle.ts';
import { busiestShard, consume, PLATFORM, sleep } from '../bench/scale.ts';

it('64 shards carry 10,000 starts a second; 16 do not', () => {
  expect(busiestShard(10_000, 64, 23)).toBeLessThan(PLATFORM.requestsPerObject);
  expect(busiestShard(10_000, 16, 23)).toBeGreaterThan(PLATFORM.requestsPerObject);
});

it('runs that sleep are spread evenly over shards, and looked at in time', async () => {
  const slept = await sleep({ runs: 20_000, startsPerSecond: 1_000, shards: 4, hours: 3 });
  expect(slept.fullest).toBeLessThan(1.05);
  expect(slept.latestMs).toBeLessThan(60_000);
  expect(slept.busiestSecond).toBeLessThan(PLATFORM.requestsPerObject);
  // Half of them after 15, 45 and 105 minutes, the others only when their timer is overdue.
  expect(slept.looksAnHour * 3).toBeGreaterThan(10_000 * 3 * 0.95);
  expect(slept.looksAnHour * 3).toBeLessThan(10_000 * 3 * 1.1);
});

it('consumers carry what their Queue may have, while activities are short', () => {
  expect(consume(PLATFORM.messagesPerQueue, 100, 5).waitP99Ms).toBeLessThan(100);
  expect(consume(PLATFORM.messagesPerQueue, 1_000, 5).perSecond).toBeLessThan(1_000);
});

it('runs that wait cause no request but those of the sweep, and no row', async () => {
  const { alarms, looks, rowsWritten, awakeMs } = await idleHour(20);
  expect({ alarms, looks, rowsWritten }).toEqual({ alarms: 0, looks: 40, rowsWritten: 0 });
  expect(awakeMs).toBeLessThan(2_000);
});
