/** Waits for a job elsewhere by asking once a minute, for at most four hours. */

import { proxyActivities } from 'perdure/workflow';
import type * as activities from './activities.ts';
import type { Conversion } from './shared.ts';

const { startConversion } = proxyActivities<typeof activities>({ startToCloseTimeout: '30 seconds' });

/**
 * The retry policy is the poll: `not ready` is a failure that is tried again after a minute. So the history has one
 * activity, however often it asks.
 */
const { conversionResult } = proxyActivities<typeof activities>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '4 hours',
  retry: {
    initialInterval: '60 seconds',
    backoffCoefficient: 1,
    nonRetryableErrorTypes: ['ConversionFailed'],
  },
});

export async function convert(conversion: Conversion): Promise<string> {
  const jobId = await startConversion(conversion);
  return conversionResult(jobId);
}
