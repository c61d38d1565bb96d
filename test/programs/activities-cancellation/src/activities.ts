import {
  activityInfo,
  asyncLocalStorage,
  CancelledFailure,
  CompleteAsyncError,
  Context,
  cancelled,
  heartbeat,
  log,
  metricMeter,
  sleep,
} from '@temporalio/activity';

/** Begins where the last attempt was, says how far it is, and stops when it is told to. */
export async function progress(stepMs: number, steps = 100): Promise<string> {
  const counter = metricMeter.createCounter('steps');
  const begin = (activityInfo().heartbeatDetails as number | undefined) ?? 0;
  try {
    for (let step = begin; step < steps; step++) {
      await sleep(stepMs);
      heartbeat(step);
      counter.add(1);
    }
    return 'done';
  } catch (err) {
    if (err instanceof CancelledFailure) log.warn('cancelled', { message: err.message });
    throw err;
  }
}

/** Waits for its cancellation and nothing else. */
export async function untilCancelled(): Promise<void> {
  const beats = setInterval(() => Context.current().heartbeat(), 50);
  try {
    await cancelled();
  } finally {
    clearInterval(beats);
  }
}

/** Somebody else completes it, by its task token or its id. */
export async function byHand(): Promise<string> {
  if (asyncLocalStorage.getStore() !== Context.current()) throw new Error('no context');
  throw new CompleteAsyncError();
}

export async function getUniqueTaskQueue(): Promise<string> {
  return 'unique';
}
export async function where(): Promise<string> {
  return activityInfo().taskQueue;
}
