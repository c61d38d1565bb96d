/**
 * The workflows of the recorded histories. They run in this SDK and in Temporal's own, so they are written against what
 * both have. What a workflow observed goes into the types of activities: those are compared when a history is replayed.
 */

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  deprecatePatch,
  isCancellation,
  patched,
  proxyActivities,
  scheduleActivity,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  TimeoutFailure,
  Trigger,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from 'perdure/workflow';

interface Activities {
  charge(amount: number): Promise<string>;
  refund(amount: number): Promise<string>;
  notify(text: string): Promise<void>;
}
const { charge, refund, notify } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

/** Records what was observed: replay compares the type of the activity that this schedules. */
const tell = (...facts: unknown[]): Promise<unknown> =>
  scheduleActivity(`tell:${facts.join(',')}`, [], { startToCloseTimeout: '10s' });

const go = defineSignal<[string]>('go');
const stop = defineSignal('stop');

export async function sequentialActivities(amount: number): Promise<string> {
  const receipt = await charge(amount);
  await notify(receipt);
  return await refund(amount);
}

/** What an activity gave is more than stands in history elsewhere. */
export async function largeResult(): Promise<number> {
  const text = await charge(1);
  await tell(text.length, text.slice(-3));
  return text.length;
}

export async function parallelActivities(count: number): Promise<string> {
  const order: number[] = [];
  const calls = Array.from({ length: count }, async (_, i) => {
    await charge(i);
    order.push(i);
  });
  await Promise.all(calls);
  await tell(...order);
  return order.join();
}

export async function caughtFailures(): Promise<string> {
  try {
    await charge(1);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    await tell(error.retryState, error.activityType, cause instanceof ApplicationFailure && cause.type, cause?.message);
  }
  try {
    await charge(2);
  } catch (error) {
    if (!(error instanceof ActivityFailure && error.cause instanceof TimeoutFailure)) throw error;
    await tell(error.retryState, error.cause.timeoutType);
  }
  return await refund(1);
}

export async function timers(): Promise<void> {
  const order: string[] = [];
  const first = sleep(2_000).then(() => order.push('two'));
  const second = sleep('1s').then(() => order.push('one'));
  await Promise.race([first, second]);
  await Promise.all([first, second]);
  await tell(...order);
}

/** Timers and activities that are cancelled in the task that made them are never sent. */
export async function cancelledBeforeSent(): Promise<void> {
  const order: string[] = [];
  const scope = new CancellationScope();
  const work = scope.run(async () => {
    await Promise.all([
      sleep('1h').catch(() => order.push('timer')),
      charge(1).catch((error) => order.push(error.constructor.name)),
    ]);
  });
  scope.cancel();
  await work;
  await tell(...order);
}

export async function signalsInOneTask(): Promise<void> {
  const order: string[] = [];
  await charge(1);
  setHandler(go, (text) => {
    order.push(text);
  });
  await condition(() => order.length >= 3);
  await tell(...order);
}

export async function signalWithActivities(): Promise<void> {
  const order: string[] = [];
  setHandler(go, async (text) => {
    order.push(`+${text}`);
    await charge(Number(text));
    order.push(`-${text}`);
  });
  setDefaultSignalHandler((name, ...args) => {
    order.push(`${name}(${args.length})`);
  });
  await condition(() => order.filter((o) => o.startsWith('-')).length === 2);
  await tell(...order);
}

export async function conditionWithTimeout(): Promise<void> {
  let open = false;
  setHandler(stop, () => {
    open = true;
  });
  const inTime = await condition(() => open, '1 minute');
  open = false;
  const again = await condition(() => open, '2 minutes');
  const atOnce = await condition(() => true, '3 minutes');
  await tell(inTime, again, atOnce);
}

export async function cancelledWithCleanup(): Promise<void> {
  try {
    await Promise.all([sleep('1 day'), charge(1)]);
  } catch (error) {
    await CancellationScope.nonCancellable(async () => {
      await tell(isCancellation(error), (error as Error).constructor.name);
      await sleep(5);
    });
    throw error;
  }
}

export async function activityCancellationTypes(): Promise<void> {
  const order: string[] = [];
  const scope = new CancellationScope();
  const call = (cancellationType: 'WAIT_CANCELLATION_COMPLETED' | 'TRY_CANCEL' | 'ABANDON'): Promise<void> =>
    scheduleActivity<string>('long', [], { startToCloseTimeout: '1h', cancellationType }).then(
      (value) => void order.push(`${cancellationType}=${value}`),
      (error) =>
        void order.push(`${cancellationType}:${error.cause instanceof CancelledFailure}:${error.retryState}`),
    );
  const calls = scope.run(() =>
    Promise.all([
      call('WAIT_CANCELLATION_COMPLETED'),
      call('TRY_CANCEL'),
      call('ABANDON'),
      call('WAIT_CANCELLATION_COMPLETED'),
    ]),
  );
  await sleep(1);
  scope.cancel();
  await sleep(1);
  await tell(...order);
  await calls;
  await tell(...order);
}

export async function failing(): Promise<void> {
  await charge(1);
  throw ApplicationFailure.nonRetryable('no money', 'Broke', 1);
}

/** The handler fails in the task in which the function would complete: which comes first is a matter of microtasks. */
export async function failingHandler(): Promise<void> {
  let done = false;
  setHandler(go, async () => {
    done = true;
    await null;
    throw new ApplicationFailure('handler');
  });
  await condition(() => done);
  await tell('unreached?');
}

export async function patchedWorkflow(): Promise<void> {
  if (patched('first')) await tell('new');
  else await tell('old');
  await sleep(1);
  deprecatePatch('second');
  await tell(patched('first'), patched('third'));
  await condition(() => false, 0);
}

export async function randomness(): Promise<void> {
  await tell(uuid4(), Math.random());
  await sleep(1_500);
  await tell(Date.now(), new Date().toISOString(), Math.random(), uuid4(), workflowInfo().historyLength);
}

export async function timeouts(): Promise<void> {
  const order: string[] = [];
  const done = new Trigger<void>();
  const dropped = setTimeout(() => order.push('never'), 1_000);
  const kept = setTimeout(
    (text: string) => {
      order.push(text);
      clearTimeout(dropped);
      clearTimeout(kept);
      setTimeout(() => done.resolve(), 10);
    },
    500,
    'kept',
  );
  await done;
  await tell(...order);
}

export async function scopeWithTimeout(): Promise<void> {
  const order: string[] = [];
  try {
    await CancellationScope.withTimeout('10s', () => charge(1));
  } catch (error) {
    order.push((error as Error).constructor.name);
  }
  await CancellationScope.withTimeout('20s', async () => {
    order.push(await charge(2));
  });
  await tell(...order);
}

export async function nestedScopes(): Promise<void> {
  const order: string[] = [];
  const outer = new CancellationScope();
  const work = outer.run(async () => {
    const inner = CancellationScope.cancellable(() => sleep('1h')).catch(() => order.push('inner'));
    const shielded = CancellationScope.nonCancellable(async () => {
      await sleep('2h');
      order.push('shielded');
    });
    CancellationScope.current().cancelRequested.catch(() => order.push('requested'));
    await Promise.all([inner, shielded]);
    await sleep(1).catch(() => order.push('after'));
  });
  await sleep(1);
  outer.cancel();
  await work;
  await tell(...order);
}

export async function triggers(): Promise<void> {
  const order: string[] = [];
  const first = new Trigger<string>();
  setHandler(go, (text) => first.resolve(text));
  const both = Promise.all([first.then((text) => order.push(text)), charge(1).then((text) => order.push(text))]);
  await first;
  order.push('awaited');
  await both;
  await tell(...order);
}

export async function searchAttributes(): Promise<void> {
  upsertSearchAttributes({ Color: ['blue'], Size: [1], Tags: ['a', 'b'], Untyped: [1, 2] });
  await charge(1);
  upsertSearchAttributes({ Color: [] });
  await tell(...Object.keys(workflowInfo().searchAttributes));
}

/** Commands issued after the end of the function, in its last task, are sent before the end. */
export async function commandsAfterTheEnd(): Promise<string> {
  void Promise.resolve()
    .then(() => null)
    .then(() => null)
    .then(() => null)
    .then(() => null)
    .then(() => null)
    .then(() => null)
    .then(() => charge(1));
  return 'done';
}

export async function everythingAtOnce(): Promise<void> {
  const order: string[] = [];
  setHandler(go, (text) => {
    order.push(text);
  });
  const settle = (name: string, promise: Promise<unknown>): Promise<void> =>
    promise.then(
      () => void order.push(name),
      () => void order.push(`!${name}`),
    );
  const all = [
    settle('t1', sleep(1_000)),
    settle('a1', charge(1)),
    settle('c', condition(() => order.includes('go2'))),
    settle('a2', charge(2)),
    settle('t2', sleep(1_000)),
    settle('ct', condition(() => order.includes('a1'), '1h')),
  ];
  await Promise.all(all);
  await tell(...order);
}
