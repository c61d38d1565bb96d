import { condition, defineQuery, defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { setSubscriptionHandler } from './subscriptions';
export const counter = defineQuery<{ n: number; list: string[] }>('counter');
export const add = defineSignal<[string]>('add');
export async function counting(limit: number): Promise<number> {
  const state = { n: 0, list: [] as string[] };
  setSubscriptionHandler(counter, () => state);
  setHandler(add, (s) => {
    state.list.push(s);
  });
  while (state.n < limit) {
    await sleep(100);
    state.n++;
  }
  await condition(() => state.list.length > 0);
  return state.n;
}
