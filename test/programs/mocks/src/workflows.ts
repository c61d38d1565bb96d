import { condition, defineSignal, log, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type * as activities from './activities';

const { charge, notify } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export const cancelOrder = defineSignal<[string]>('cancelOrder');

export async function order(id: string, cents: number): Promise<string> {
  let cancelled: string | undefined;
  setHandler(cancelOrder, (why) => {
    cancelled = why;
  });
  log.info('order', { id });
  if (await condition(() => cancelled !== undefined, '100ms')) return `cancelled: ${cancelled}`;
  const receipt = await charge(id, cents);
  await sleep(10);
  await notify(receipt.id);
  return `charged ${receipt.cents} in ${receipt.at.slice(0, 4)}`;
}

export async function clocks(): Promise<{ year: number; passed: number }> {
  const before = new Date();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { year: before.getUTCFullYear(), passed: Date.now() - before.getTime() };
}
