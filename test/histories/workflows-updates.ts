/** Workflows that are updated. As in workflows.ts, types of activities tell what was observed. */

import { HandlerUnfinishedPolicy } from 'perdure/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  scheduleActivity,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
} from 'perdure/workflow';

const { charge } = proxyActivities<{ charge(amount: number): Promise<string> }>({ startToCloseTimeout: '1 minute' });
const tell = (...facts: unknown[]): Promise<unknown> =>
  scheduleActivity(`tell:${facts.join(',')}`, [], { startToCloseTimeout: '10s' });

const go = defineSignal<[string]>('go');
const done = defineSignal('done');
const add = defineUpdate<number, [number]>('add');
const pay = defineUpdate<string, [number]>('pay');
const late = defineUpdate<string, [string]>('late');

/** Updates that complete at once, with a validator. */
export async function counter(): Promise<number> {
  let sum = 0;
  let open = true;
  setHandler(
    add,
    (n) => {
      sum += n;
      return sum;
    },
    {
      validator: (n) => {
        if (n < 0) throw new Error(`negative: ${n}`);
      },
    },
  );
  setHandler(done, () => {
    open = false;
  });
  await condition(() => !open);
  await tell(sum);
  return sum;
}

/** Handlers that await activities; the workflow waits for them. */
export async function payments(expected: number): Promise<void> {
  const order: string[] = [];
  let finished = 0;
  setHandler(pay, async (amount) => {
    const { id, name } = currentUpdateInfo()!;
    order.push(`+${amount} ${id} ${name}`);
    const receipt = await charge(amount);
    order.push(`-${amount} ${currentUpdateInfo()?.id}`);
    finished += 1;
    return receipt;
  });
  await condition(() => finished >= expected && allHandlersFinished());
  await tell(String(currentUpdateInfo()), ...order);
}

/** Updates and signals of one task: signals go first. */
export async function mixedMessages(): Promise<void> {
  const order: string[] = [];
  await charge(0);
  setHandler(add, async (n) => {
    order.push(`u${n}`);
    await null;
    order.push(`v${n}`);
    return n;
  });
  setHandler(go, async (text) => {
    order.push(`s${text}`);
    await null;
    order.push(`t${text}`);
  });
  await condition(() => order.length >= 8);
  await tell(...order);
}

/** Handlers that are set when their updates have come already. */
export async function lateHandlers(): Promise<void> {
  const order: string[] = [];
  order.push('start');
  setHandler(late, (text) => {
    order.push(`late ${text}`);
    return text;
  });
  order.push('one set');
  setDefaultUpdateHandler((name, ...args) => {
    order.push(`default ${name} ${args.length}`);
    return args;
  });
  order.push('both set');
  await condition(() => order.length >= 6, '1 minute');
  await tell(...order);
}

/** The handler is set by the outcome of an activity, in the task that brings the update. */
export async function handlerSetByActivity(): Promise<void> {
  const order: string[] = [];
  await charge(1);
  order.push('charged');
  setHandler(late, async (text) => {
    order.push(text);
    await charge(2);
    return order.join();
  });
  await condition(() => order.length === 2 && allHandlersFinished());
  await tell(...order);
}

/** An update whose handler fails, and what the workflow sees of it. */
export async function failingUpdates(): Promise<void> {
  let failures = 0;
  setHandler(pay, async (amount) => {
    try {
      return await charge(amount);
    } catch (error) {
      failures += 1;
      throw ApplicationFailure.create({ message: 'not paid', type: 'NotPaid', cause: error as Error });
    }
  });
  setHandler(add, () => {
    failures += 1;
    throw ApplicationFailure.nonRetryable('never', 'Never');
  });
  await condition(() => failures === 2 && allHandlersFinished());
  await tell(failures);
}

/** Handlers that wait for each other. */
export async function updatesThatMeet(): Promise<void> {
  const order: number[] = [];
  setHandler(add, async (n) => {
    order.push(n);
    await condition(() => order.length === 3);
    if (n === 2) await sleep(1_000);
    order.push(-n);
    return order.length;
  });
  await condition(() => order.length === 6 && allHandlersFinished());
  await tell(...order);
}

/** The workflow ends in the task in which the update is accepted. */
export async function endedByUpdate(): Promise<string> {
  let ended = false;
  setHandler(add, async (n) => {
    ended = true;
    await null;
    return n + 1;
  });
  await condition(() => ended);
  return 'ended';
}

/** The workflow ends while a handler runs. */
export async function unfinishedUpdate(): Promise<string> {
  let ended = false;
  setHandler(
    pay,
    async (amount) => {
      ended = true;
      await charge(amount);
      return 'never';
    },
    { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  );
  await condition(() => ended);
  return 'ended';
}

/** The workflow is cancelled while a handler runs; the handler's scope is the workflow's. */
export async function cancelledUpdate(): Promise<void> {
  const order: string[] = [];
  setHandler(pay, async (amount) => {
    try {
      return await charge(amount);
    } catch (error) {
      order.push(`cancelled ${isCancellation(error)}`);
      throw error;
    }
  });
  try {
    await sleep('1 day');
  } catch (error) {
    await CancellationScope.nonCancellable(async () => {
      await condition(allHandlersFinished);
      await tell(...order);
    });
    throw error;
  }
}

/** Continues as new from the handler's word, or from the handler itself. */
export async function continuedByUpdate(round: number): Promise<void> {
  let next: number | undefined;
  setHandler(add, (n) => {
    next = n;
    return round;
  });
  setHandler(pay, async (n) => {
    await charge(n);
    return await continueAsNew<typeof continuedByUpdate>(n);
  });
  await condition(() => next !== undefined);
  await continueAsNew<typeof continuedByUpdate>(next!);
}

/** A task that does nothing comes before the update's: both stay tasks of their own. */
export async function quiet(): Promise<void> {
  const order: string[] = ['main'];
  setHandler(go, (text) => void order.push(text));
  const waited = condition(() => order.length >= 3);
  setHandler(add, (n) => {
    order.push(`u${n}`);
    return order.length;
  });
  await waited;
  await tell(...order, Math.random());
}
