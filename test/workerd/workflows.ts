/** Workflows of the Workers that the tests in workerd bind to the engine. */

import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
} from 'perdure/workflow';
import type { Activities } from './activities.ts';

export * from './faults/workflows.ts';

const { record, hold, failTimes, echo, produce } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '50 milliseconds', maximumInterval: '200 milliseconds' },
});

export const add = defineSignal<[item: string]>('add');
export const items = defineQuery<string[]>('items');

/** `n` activities, one after the other. Answers how often each was executed. */
export async function several(key: string, n = 1): Promise<number[]> {
  const executed: number[] = [];
  for (let i = 0; i < n; i++) executed.push(await record(`${key}/${i}`));
  return executed;
}

/** `n` activities at once. */
export async function fan(key: string, n: number): Promise<number[]> {
  return Promise.all(Array.from({ length: n }, (_, i) => record(`${key}/${i}`)));
}

/** One activity that waits until the test releases it. */
export async function held(key: string): Promise<number> {
  return hold(key);
}

/** One activity that fails so many times. */
export async function flaky(key: string, failures: number): Promise<number> {
  return failTimes(key, failures);
}

/** Sleeps, then works. */
export async function nap(key: string, ms: number): Promise<number> {
  await sleep(ms);
  return record(key);
}

/** `n` timers, one after the other. */
export async function naps(n: number, ms = 1): Promise<void> {
  for (let i = 0; i < n; i++) await sleep(ms);
}

/** `n` children that do nothing, one after the other. */
export async function parents(key: string, n: number): Promise<void> {
  for (let i = 0; i < n; i++) await executeChild(naps, { workflowId: `~${key}~child-${i}`, args: [0] });
}

/** A run, and `n` more that continue it. */
export async function chain(n: number): Promise<void> {
  if (n > 0) await continueAsNew<typeof chain>(n - 1);
}

/** Sets a search attribute, then waits for a signal. */
export async function labelled(name: string, value: string): Promise<void> {
  let told = false;
  setHandler(add, () => {
    told = true;
  });
  upsertSearchAttributes({ [name]: [value] });
  await condition(() => told);
}

/** Waits for `n` signals, answers them in order. */
export async function gather(n: number): Promise<string[]> {
  const got: string[] = [];
  setHandler(add, (item) => {
    got.push(item);
  });
  setHandler(items, () => got);
  await condition(() => got.length >= n);
  return got;
}

/** An activity, a timer, a signal, and an activity that fails once: something of everything. */
export async function mixed(key: string): Promise<{ got: string[]; executed: number[] }> {
  const got: string[] = [];
  setHandler(add, (item) => {
    got.push(item);
  });
  setHandler(items, () => got);
  const executed = [await record(`${key}/first`)];
  await sleep(30);
  await condition(() => got.length >= 2);
  executed.push(await failTimes(`${key}/second`, 1));
  return { got, executed };
}

/** Carries a value through an activity, the result and a query. */
export async function carry(value: string): Promise<string> {
  let carried = 'nothing';
  setHandler(items, () => [carried]);
  carried = await echo(value);
  return carried;
}

/** The same value to `n` activities; answers with the length of what came back. */
export async function spread(value: string, n: number): Promise<number> {
  const all = await Promise.all(Array.from({ length: n }, () => echo(value)));
  return all.join('').length;
}

/** An activity with a result of so many bytes: its length, or why there is none. */
export async function overflow(bytes: number): Promise<string> {
  try {
    return String((await produce(bytes)).length);
  } catch (error) {
    const { message } = (error as Error).cause as Error;
    return message;
  }
}

const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '1 minute' });

/** Local activities, waited for with timers of the host, between two activities that are none. */
export async function around(key: string): Promise<number[]> {
  const before = await record(`${key}/before`);
  const inside = await Promise.all([local.pause(30, 1), local.pause(10, 2)]);
  const again = await local.record(`${key}/local`);
  return [before, ...inside, again, await record(`${key}/after`)];
}

export const change = defineUpdate<number, [by: number]>('change');

/** Ends with so many updates. */
export async function tally(n: number): Promise<number> {
  let total = 0;
  let updates = 0;
  setHandler(change, (by) => {
    updates++;
    total += by;
    return total;
  });
  await condition(() => updates >= n);
  return total;
}

/** A child per run, in two runs; updates in both. Closes when it has been told to. */
export async function family(key: string, run = 1, log: string[] = []): Promise<string[]> {
  let told = false;
  let total = 0;
  setHandler(add, () => {
    told = true;
  });
  setHandler(
    change,
    async (by) => {
      total += await record(`${key}/${run}/${by}`);
      log.push(`run ${run}: changed by ${by}`);
      return total;
    },
    {
      validator: (by) => {
        if (by === 0) throw ApplicationFailure.nonRetryable('nothing to change', 'Zero');
      },
    },
  );
  const child = await startChild(gather, { workflowId: `${key}.child-${run}`, args: [1] });
  await condition(() => told);
  await child.signal(add, `from run ${run}`);
  log.push(...(await child.result()));
  if (run === 1) await continueAsNew<typeof family>(key, 2, log);
  return log;
}
