/** A payment that fails once, and waits for a word. */

import { condition, defineSignal, proxyActivities, setHandler, sleep } from 'perdure/workflow';

export const approve = defineSignal<[string]>('approve');

const { pay } = proxyActivities<{ pay(amount: number): Promise<string> }>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

export async function payment(amount: number): Promise<string> {
  let by: string | undefined;
  setHandler(approve, (name) => {
    by = name;
  });
  await sleep('10 seconds');
  await condition(() => by !== undefined);
  return `${await pay(amount)}, approved by ${by}`;
}
