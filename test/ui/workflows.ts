/** Workflows that a person would want to look at: one of each thing that a run can wait for. */

import { ApplicationFailure } from 'perdure/common';
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
} from 'perdure/workflow';
import type * as activities from './activities.ts';

const { greet, flaky, spell } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '300 milliseconds', backoffCoefficient: 1.5, maximumInterval: '20 seconds' },
});
const { flaky: hopeless } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '40 seconds', maximumAttempts: 5 },
});

export const approve = defineSignal<[string]>('approve');
export const getStage = defineQuery<string>('getStage');
export const setLimit = defineUpdate<number, [number]>('setLimit');

/** Waits for an approval, for a day; takes updates; answers a query. */
export async function order(item: string): Promise<string> {
  let approver: string | undefined;
  let limit = 0;
  setHandler(getStage, () => (approver ? 'approved' : 'waiting for approval'), {
    description: 'How far it is',
  });
  setHandler(approve, (name) => {
    approver = name;
  });
  setHandler(setLimit, (value) => {
    const before = limit;
    limit = value;
    return before;
  });
  await greet(item);
  await condition(() => approver !== undefined, '1 day');
  return `${item} approved by ${approver}, at most ${limit}`;
}

/** Nothing but a signal ends it. */
export async function waitsForSignal(): Promise<void> {
  let done = false;
  setHandler(defineSignal('finish'), () => {
    done = true;
  });
  await condition(() => done);
}

/** Its activity fails again and again. */
export async function retries(): Promise<void> {
  await hopeless(1_000_000);
}

/** Its activity fails a few times first. */
export async function recovers(failures: number): Promise<string> {
  return flaky(failures);
}

export async function fails(): Promise<void> {
  await greet('first');
  throw ApplicationFailure.nonRetryable(
    'The order was refused: the card is over its limit',
    'PaymentRefused',
    {
      card: '**** 4242',
      limit: 500,
    },
  );
}

/** Children, one after another and side by side. */
export async function family(): Promise<string[]> {
  await executeChild(recovers, { args: [1] });
  const open = await startChild(waitsForSignal);
  const names = await Promise.all(
    ['one', 'two', 'three'].map((name) => executeChild(child, { args: [name] })),
  );
  await open.signal('finish');
  await open.result();
  return names;
}

export async function child(name: string): Promise<string> {
  await sleep('500 milliseconds');
  return spell(name);
}

/** Whatever it is given comes back, by every road that leads to a page. */
export async function echo(...values: unknown[]): Promise<unknown> {
  setHandler(defineQuery<unknown>('values'), () => values);
  setHandler(defineSignal<unknown[]>('more'), (...more) => {
    values.push(...more);
  });
  await greet(String(values[0]));
  await condition(() => values.includes('fail'));
  throw ApplicationFailure.nonRetryable(String(values[0]), String(values[0]), ...values);
}

/** A mistake in its code: the task fails, not the workflow. */
export async function broken(): Promise<void> {
  await greet('first');
  throw new TypeError("Cannot read properties of undefined (reading 'limit')");
}

/** So many activities side by side, some of which fail a few times. */
export async function fan(width: number): Promise<number> {
  const results = await Promise.all(
    Array.from({ length: width }, (_, i) => (i % 10 === 3 ? flaky(2) : greet(`number ${i}`))),
  );
  await sleep('1 hour');
  return results.length;
}

/** So many, one after another. */
export async function steps(count: number): Promise<number> {
  for (let i = 0; i < count; i++) await greet(`step ${i}`);
  return count;
}
