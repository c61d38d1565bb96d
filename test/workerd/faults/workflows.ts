/** Workflows that go through faults: each has one end state, whatever had to be asked or done again. */

import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from 'perdure/workflow';
import type { Activities } from '../activities.ts';

const { echo } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '300 milliseconds',
  retry: { initialInterval: '20 milliseconds' },
});
/**
 * An object whose turn failed loads again after a second. The timeout is well above that, also where the machine is slow:
 * what fails around the second attempt must not cost that attempt.
 */
const { stall } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '20 milliseconds' },
});

const put = defineSignal<[item: string]>('put');
const finish = defineSignal('finish');
const deposit = defineUpdate<number, [by: number]>('deposit');
const total = defineQuery<number>('total');

/** An account: updates add to it, a signal closes it. */
export async function account(): Promise<number> {
  let sum = 0;
  let over = false;
  setHandler(total, () => sum);
  setHandler(finish, () => {
    over = true;
  });
  setHandler(
    deposit,
    async (by) => {
      const amount = Number(await echo(String(by)));
      sum += amount;
      return sum;
    },
    {
      validator: (by) => {
        if (by <= 0) throw ApplicationFailure.nonRetryable('nothing to deposit');
      },
    },
  );
  await condition(() => over);
  return sum;
}

/** Three runs, an activity in each; what is put meanwhile is carried along. */
export async function relay(run = 1, got: string[] = []): Promise<string[]> {
  setHandler(put, (item) => {
    got.push(item);
  });
  got.push(await echo(`run ${run}`));
  if (run < 3) await continueAsNew<typeof relay>(run + 1, got);
  return got;
}

/** A child that does the work. */
export async function delegating(): Promise<string> {
  const id = `${workflowInfo().workflowId}.child`;
  return executeChild(echoing, { workflowId: id, args: ['from the child'] });
}

export async function echoing(value: string): Promise<string> {
  return echo(value);
}

/** What its child has collected. */
export async function awaiting(): Promise<string[]> {
  const id = `${workflowInfo().workflowId}.child`;
  return executeChild(collecting, { workflowId: id, args: [1] });
}

/** Its child is asked to end when it does. */
export async function leaving(): Promise<string> {
  await startChild(waiting, {
    workflowId: `${workflowInfo().workflowId}.child`,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
  });
  return 'gone';
}

export async function waiting(): Promise<void> {
  await condition(() => false);
}

/** Puts something into another workflow. */
export async function telling(workflowId: string): Promise<string> {
  await getExternalWorkflowHandle(workflowId).signal(put, 'from outside');
  return 'told';
}

/** Takes so many items. */
export async function collecting(n: number): Promise<string[]> {
  const got: string[] = [];
  setHandler(put, (item) => {
    got.push(item);
  });
  await condition(() => got.length >= n);
  return got;
}

/** Waits for its cancellation, then cleans up. */
export async function cancellable(): Promise<string> {
  try {
    await sleep('1 hour');
    return 'slept';
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(() => echo('cleaned up'));
  }
}

/** Fails once. */
export async function second(): Promise<string> {
  if (workflowInfo().attempt < 2) throw ApplicationFailure.retryable('the first attempt fails');
  return echo('at the second attempt');
}

/** An activity that goes silent in its first attempt. */
export async function silent(): Promise<number> {
  return stall();
}

/** A timer and an activity, whichever comes first. */
export async function racing(): Promise<string> {
  return Promise.race([sleep('1 hour').then(() => 'slept'), echo('answered')]);
}
