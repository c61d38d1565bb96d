import { expect, it } from 'vitest';
import { limitRows } from '../../../src/ui/limits.ts';

const metadata = { updateTime: '2026-01-01T00:00:00Z' };
const workers = { requestsPerSecond: 2, rateLimitSource: 'RATE_LIMIT_SOURCE_WORKER' } as const;

it('a task queue has no limits where nobody has set any', () => {
  expect(limitRows({})).toEqual([]);
  expect(limitRows({ config: {} })).toEqual([]);
});

it('the rate that Workers ask for is a limit of a task queue, and so is the rate of a fairness key', () => {
  expect(limitRows({ config: {}, effectiveRateLimit: workers })).toEqual([
    ['Begin in a second', 'at most 2, as its Workers ask'],
  ]);
  const keys = { rateLimit: { requestsPerSecond: 3 }, metadata: { ...metadata, reason: 'fair' } };
  expect(limitRows({ config: { fairnessKeysRateLimitDefault: keys } })).toEqual([
    ['Begin in a second, of a fairness key', 'at most 3, times the weight of the key, because: fair'],
  ]);
});

it('what is configured is shown with its reasons, before what Workers ask for', () => {
  const config = {
    queueRateLimit: { rateLimit: { requestsPerSecond: 0 }, metadata: { ...metadata, reason: 'the bank' } },
    queueConcurrency: { maxConcurrentTasks: 40, metadata },
    fairnessWeightOverrides: { gold: 5 },
  };
  const effectiveRateLimit = { requestsPerSecond: 0, rateLimitSource: 'RATE_LIMIT_SOURCE_API' } as const;
  expect(limitRows({ config, effectiveRateLimit })).toEqual([
    ['Begin in a second', 'at most 0, because: the bank'],
    ['Run at a time', 'at most 40'],
    ['Weight of gold', '5'],
  ]);
});
