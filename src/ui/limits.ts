/** The limits of a task queue in words. */

import type { DescribeTaskQueueReply } from '../../sdk/common/workers.ts';

type Limits = Pick<DescribeTaskQueueReply, 'config' | 'effectiveRateLimit'>;

/** None: nothing holds an activity up. */
export function limitRows({ config = {}, effectiveRateLimit: rate }: Limits): Array<[string, string]> {
  const { queueRateLimit, fairnessKeysRateLimitDefault: keys, queueConcurrency: concurrency } = config;
  const row = (name: string, limit: string, reason?: string): [string, string] => [
    name,
    `at most ${limit}${reason ? `, because: ${reason}` : ''}`,
  ];
  const rows: Array<[string, string]> = [];
  if (queueRateLimit)
    rows.push(row(RATE, String(queueRateLimit.rateLimit.requestsPerSecond), queueRateLimit.metadata.reason));
  else if (rate) rows.push(row(RATE, `${rate.requestsPerSecond}, as its Workers ask`));
  if (keys) {
    const limit = `${keys.rateLimit.requestsPerSecond}, times the weight of the key`;
    rows.push(row(`${RATE}, of a fairness key`, limit, keys.metadata.reason));
  }
  if (concurrency)
    rows.push(row('Run at a time', String(concurrency.maxConcurrentTasks), concurrency.metadata.reason));
  for (const [key, weight] of Object.entries(config.fairnessWeightOverrides ?? {}))
    rows.push([`Weight of ${key}`, String(weight)]);
  return rows;
}

const RATE = 'Begin in a second';
