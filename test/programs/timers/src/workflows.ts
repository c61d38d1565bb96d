import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  Trigger,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { bake, notify } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 minutes' });

/** Tells the customer when the baker is late, and still waits for the bread. */
export async function order(bakingMs: number, deadline: number | string): Promise<string> {
  let done = false;
  const baking = bake(bakingMs).finally(() => {
    done = true;
  });
  await Promise.race([baking, sleep(deadline as number)]);
  const late = !done;
  if (late) await notify('Your bread takes longer');
  return `${await baking}${late ? ', late' : ''}`;
}

/** The work or the deadline, whatever is first; the loser is cancelled. */
export async function withDeadline(bakingMs: number, deadlineMs: number): Promise<string> {
  try {
    return await CancellationScope.withTimeout(deadlineMs, () => bake(bakingMs));
  } catch (err) {
    if (isCancellation(err)) return 'no bread';
    throw err;
  }
}

export const moveDeadline = defineSignal<[at: number]>('moveDeadline');

/** A timer whose end can be moved while it runs. */
class UpdatableTimer implements PromiseLike<void> {
  private moved = false;
  private readonly promise: Promise<void>;

  constructor(private deadlineAt: number) {
    this.promise = this.run();
    this.promise.catch(() => undefined);
  }

  private async run(): Promise<void> {
    for (;;) {
      this.moved = false;
      if (!(await condition(() => this.moved, this.deadlineAt - Date.now()))) return;
    }
  }

  then<A = void, B = never>(
    ok?: ((value: void) => A | PromiseLike<A>) | null,
    not?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return this.promise.then(ok, not);
  }

  set deadline(at: number) {
    this.deadlineAt = at;
    this.moved = true;
  }
}

export async function movableTimer(deadline: number): Promise<number> {
  const begin = Date.now();
  const timer = new UpdatableTimer(deadline);
  setHandler(moveDeadline, (at) => {
    timer.deadline = at;
  });
  await timer;
  return Date.now() - begin;
}

/** Days of sleep, ended by a trigger; setTimeout as in any program. */
export async function reminders(): Promise<string> {
  const stopped = new Trigger<string>();
  setHandler(defineSignal<[string]>('stop'), (why) => stopped.resolve(why));
  let sent = 0;
  const interval = (async () => {
    for (;;) {
      await sleep('30 days');
      await notify(`reminder ${++sent}`);
    }
  })().catch((err: unknown) => {
    if (!(err instanceof CancelledFailure)) throw err;
  });
  void interval;
  const late = new Promise<string>((resolve) =>
    setTimeout(resolve, 100 * 24 * 3_600_000, 'nobody said stop'),
  );
  return `${await Promise.race([stopped, late])} after ${sent}`;
}
