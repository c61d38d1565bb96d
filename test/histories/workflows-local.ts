/** Workflows with local activities whose histories are recorded. */

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
  scheduleLocalActivity,
  setHandler,
  sleep,
} from 'perdure/workflow';

interface Activities {
  double(n: number): Promise<number>;
  nothing(): Promise<void>;
  fail(message: string): Promise<never>;
  flaky(failures: number): Promise<number>;
  wait(name: string): Promise<string>;
  slow(ms: number): Promise<string>;
}

const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s' });
const remote = proxyActivities<Pick<Activities, 'double'>>({ startToCloseTimeout: '5s' });
const go = defineSignal('go');

export async function localSequence(n: number): Promise<unknown> {
  const before = Date.now();
  const one = await local.double(n);
  await local.nothing();
  const between = Date.now() - before;
  const two = await remote.double(one);
  const three = await scheduleLocalActivity<number>('double', [one], { scheduleToCloseTimeout: '5s', summary: 'third' });
  return [one, two, three, between];
}

export async function localInParallel(): Promise<unknown> {
  const seen: unknown[] = [];
  const run = async (n: number) => {
    seen.push(await local.double(n));
    await remote.double(n);
    seen.push(n);
  };
  await Promise.all([run(1), run(2), sleep(1_000), local.double(3).then((n) => seen.push(n))]);
  return seen;
}

export async function localFailures(): Promise<unknown> {
  const seen: unknown[] = [];
  const once = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s', retry: { maximumAttempts: 1 } });
  await once.fail('no luck').catch((error) => {
    if (!(error instanceof ApplicationFailure)) throw error;
    seen.push(error.message, error.type);
  });
  seen.push(await local.flaky.executeWithOptions({ retry: { initialInterval: 10 } }, [2]));
  throw ApplicationFailure.create({ message: 'all seen', details: seen });
}

export async function localRetriedBehindTimers(): Promise<number> {
  const patient = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s', localRetryThreshold: 500 });
  return patient.flaky(2);
}

export async function localCancelled(type: 'TRY_CANCEL' | 'ABANDON' | 'WAIT_CANCELLATION_COMPLETED'): Promise<unknown> {
  const cancelled = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s', cancellationType: type });
  const scope = new CancellationScope();
  const waits = scope.run(() => cancelled.wait('forever'));
  const outcome = waits.then(
    (result) => result,
    (error) => [isCancellation(error), error instanceof ActivityFailure && error.activityType],
  );
  const first = await local.double(1);
  scope.cancel();
  return [first, await outcome];
}

export async function localCancelledBeforeItIsSent(): Promise<unknown> {
  const scope = new CancellationScope();
  const waits = scope.run(() => local.wait('never'));
  scope.cancel();
  return waits.catch((error) => isCancellation(error));
}

export async function localBetweenTasks(): Promise<unknown> {
  let signalled = 0;
  setHandler(go, async () => {
    signalled += await local.double(1);
  });
  await condition(() => signalled === 4);
  await sleep(1_000);
  return [signalled, await local.double(signalled)];
}

/** What it observed goes into the types of activities: those are compared in a replay. */
export async function localOutcomesSeen(): Promise<void> {
  const start = Date.now();
  const saw = (what: unknown) => scheduleActivity(JSON.stringify(what), [], { startToCloseTimeout: '1h' });
  const once = proxyLocalActivities<Activities>({ startToCloseTimeout: '1s', retry: { maximumAttempts: 1 } });
  await saw([await local.double(4), await local.nothing(), Date.now() - start]);
  await saw(await once.fail('no luck').catch((error) => [(error as Error).name, error.message, error.type]));
  await saw(await once.wait('long').catch((error) => [error.name, error.message, error.cause?.name]));
  const scope = new CancellationScope();
  const waits = scope.run(() => local.wait('cancelled')).catch((error) => [error.name, error.message, error.cause?.name]);
  await local.double(1);
  scope.cancel();
  await saw(await waits);
}

const long = proxyLocalActivities<Activities>({ startToCloseTimeout: '1h' });

/** The clock behind it goes into the type of an activity: a replay must see the same. */
export async function localOutlastsTasks(ms: number): Promise<unknown> {
  const seen = JSON.stringify([await long.slow(ms), Date.now()]);
  await scheduleActivity(seen, [], { startToCloseTimeout: '1h' });
  return seen;
}

export async function localBesidesOthers(): Promise<unknown> {
  const seen: unknown[] = [];
  setHandler(go, async () => {
    seen.push('signal', await local.double(2));
  });
  await Promise.all([
    sleep(5_000).then(() => seen.push('timer')),
    local.double(1).then((n) => seen.push(n)),
    long.slow(30_000).then((took) => seen.push(took)),
  ]);
  return seen;
}

export async function localRetriedAcrossTasks(): Promise<number> {
  return long.flaky.executeWithOptions({ retry: { initialInterval: '4s', backoffCoefficient: 2 } }, [3]);
}

export async function localCancelledBySignal(type: 'TRY_CANCEL' | 'WAIT_CANCELLATION_COMPLETED'): Promise<unknown> {
  const scope = new CancellationScope();
  setHandler(go, () => scope.cancel());
  const waits = scope.run(() => long.wait.executeWithOptions({ cancellationType: type }, ['forever']));
  return waits.catch((error) => [isCancellation(error), error instanceof ActivityFailure && error.activityType]);
}
