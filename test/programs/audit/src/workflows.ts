import { condition, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type * as activities from './activities';

const { book } = proxyActivities<typeof activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

export const countersign = defineSignal<[{ by: string; amount: number }]>('countersign');

export async function transfer(amount: number): Promise<string> {
  const signatures: string[] = [];
  setHandler(countersign, ({ by }) => void signatures.push(by));
  await sleep(200);
  await condition(() => signatures.length === 2);
  return `${await book(amount)}, signed by ${signatures.join(' and ')}`;
}
