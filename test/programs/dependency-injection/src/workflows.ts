import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow';
import type { createActivities, RatesActivities } from './activities';

const { greet, greet_es } = proxyActivities<ReturnType<typeof createActivities>>({
  startToCloseTimeout: '30 seconds',
});
const rates: ActivityInterfaceFor<Pick<RatesActivities, 'getRates' | 'countCalls'>> = proxyActivities<
  Pick<RatesActivities, 'getRates' | 'countCalls'>
>({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 1 } });

export async function injected(): Promise<string[]> {
  const { EUR } = await rates.getRates();
  return [await greet('Hello'), await greet_es('Hola'), `${EUR}`, await rates.countCalls()];
}
