/** Workflows with children, and workflows that address others. As in workflows.ts, types of activities tell what was observed. */

import { WorkflowExecutionAlreadyStartedError } from 'perdure/common';
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  scheduleActivity,
  setHandler,
  sleep,
  startChild,
  TimeoutFailure,
  uuid4,
  workflowInfo,
} from 'perdure/workflow';

const tell = (...facts: unknown[]): Promise<unknown> =>
  scheduleActivity(`tell:${facts.join(',')}`, [], { startToCloseTimeout: '10s' });

const go = defineSignal<[string]>('go');

/** An error as it is seen: its class, and what lies under it. */
function seen(error: unknown): string {
  if (error instanceof ChildWorkflowFailure) {
    const { retryState, workflowType, execution, namespace, cause } = error;
    const run = execution.runId ? 'run' : 'no run';
    return `child ${retryState} ${workflowType} ${execution.workflowId} ${run} ${namespace} <- ${seen(cause)}`;
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return `already started ${error.workflowId} ${error.workflowType}`;
  }
  if (error instanceof ApplicationFailure) return `application ${error.type}`;
  if (error instanceof TimeoutFailure) return `timeout ${error.timeoutType}`;
  return (error as Error).constructor.name;
}

type Kid = (text: string) => Promise<string>;

export async function oneChild(): Promise<string> {
  const result = await executeChild<Kid>('kid', { args: ['hello'], workflowId: 'kid-1' });
  await tell(result);
  return result;
}

/** How the child ends is told. */
export async function childOutcome(): Promise<void> {
  try {
    await tell(await executeChild<Kid>('kid', { args: ['hello'], workflowId: 'kid-1' }));
  } catch (error) {
    await tell(seen(error));
  }
}

/** The same, but the start and the outcome are told apart. */
export async function startedChildOutcome(): Promise<void> {
  try {
    const handle = await startChild<Kid>('kid', { args: ['hello'], workflowId: 'kid-1' });
    await tell('started', handle.workflowId, handle.firstExecutionRunId);
    await tell(await handle.result());
  } catch (error) {
    await tell(seen(error));
  }
}

export async function uncaughtChildFailure(): Promise<void> {
  await executeChild<Kid>('kid', { args: ['hello'], workflowId: 'kid-1' });
}

/** Ids are drawn from the run's randomness. */
export async function childrenWithoutIds(): Promise<void> {
  const before = uuid4();
  const children = [0, 1, 2].map((n) => executeChild<Kid>('kid', { args: [String(n)] }));
  const between = Math.random();
  const handle = await startChild<() => Promise<string>>('kid');
  await tell(before, between, handle.workflowId, uuid4());
  await tell(...(await Promise.all(children)), await handle.result());
}

export async function childrenOutOfOrder(): Promise<void> {
  const order: string[] = [];
  const children = ['a', 'b', 'c'].map(async (name) => {
    const handle = await startChild<Kid>('kid', { args: [name], workflowId: name });
    order.push(`+${name}`);
    order.push(`-${name}${await handle.result()}`);
  });
  const timer = sleep(1_000).then(() => order.push('timer'));
  await Promise.all([...children, timer]);
  await tell(...order);
}

export async function childWithOptions(): Promise<void> {
  const handle = await startChild<Kid>('kid', {
    args: ['x'],
    workflowId: 'kid-1',
    taskQueue: 'elsewhere',
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowExecutionTimeout: '1 hour',
    workflowRunTimeout: '30 minutes',
    workflowTaskTimeout: '5s',
    retry: { maximumAttempts: 3 },
    memo: { note: 'why' },
    searchAttributes: { Color: ['blue'] },
    staticSummary: 'a child',
  });
  await tell(handle.workflowId);
}

export async function abandonedChildren(): Promise<string> {
  for (const parentClosePolicy of ['TERMINATE', 'ABANDON', 'REQUEST_CANCEL'] as const) {
    await startChild<Kid>('kid', { args: ['x'], workflowId: `kid-${parentClosePolicy}`, parentClosePolicy });
  }
  return 'closed';
}

export async function signalledChild(): Promise<void> {
  const handle = await startChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1' });
  await handle.signal(go, 'one');
  await tell('first');
  await Promise.all([handle.signal('go', 'two'), handle.signal('other')]);
  try {
    await handle.signal(go, 'three');
  } catch (error) {
    await tell(seen(error));
  }
  await tell(await handle.result());
}

type Cancellation = 'WAIT_CANCELLATION_COMPLETED' | 'WAIT_CANCELLATION_REQUESTED' | 'TRY_CANCEL' | 'ABANDON';

/** A child is cancelled when the timer fires; the timer after it shows who waits for what. */
export async function cancelledChild(cancellationType: Cancellation, how: 'start' | 'execute'): Promise<void> {
  const order: string[] = [];
  const scope = new CancellationScope();
  const work = scope.run(async () => {
    const options = { args: ['x'] as [string], workflowId: 'kid-1', cancellationType };
    if (how === 'execute') return await executeChild<Kid>('kid', options);
    const handle = await startChild<Kid>('kid', options);
    order.push('started');
    return await handle.result();
  });
  const ended = work.then(
    (result) => order.push(`result ${result}`),
    (error) => order.push(seen(error), String(isCancellation(error))),
  );
  await sleep(1_000);
  scope.cancel();
  await sleep(1);
  await tell(...order);
  await Promise.race([ended, sleep('1 hour')]);
  await tell(...order);
}

/** Cancelled in the task that starts it, and started where everything is cancelled already. */
export async function childCancelledBeforeSent(): Promise<void> {
  const order: string[] = [];
  const scope = new CancellationScope();
  const work = scope.run(() =>
    Promise.allSettled([
      executeChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1' }).catch((error) => order.push(seen(error))),
      startChild<Kid>('kid', { args: ['x'], workflowId: 'kid-2', cancellationType: 'ABANDON' }).catch((error) =>
        order.push(seen(error)),
      ),
    ]),
  );
  scope.cancel();
  order.push('cancelled');
  await work;
  await scope.run(() => executeChild('never')).catch((error) => order.push(seen(error)));
  await tell(...order);
}

/** The parent is asked to cancel and its child with it. */
export async function cancelledWithChild(): Promise<void> {
  try {
    await executeChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1' });
  } catch (error) {
    await CancellationScope.nonCancellable(() => tell(seen(error)));
    throw error;
  }
}

export async function shieldedChild(): Promise<void> {
  const result = await CancellationScope.nonCancellable(() =>
    executeChild<Kid>('kid', { args: ['x'], workflowId: 'kid-1' }),
  );
  await CancellationScope.nonCancellable(() => tell(result));
}

export async function signalsOthers(): Promise<void> {
  const other = getExternalWorkflowHandle('other');
  const run = getExternalWorkflowHandle('other', '0198c0de-0000-7000-8000-00000000beef');
  await other.signal(go, 'text');
  await tell('told', other.workflowId, run.runId);
  const both = [run.signal('go', 1, 2), other.signal('stop')].map((sent, i) =>
    sent.then(
      () => `sent ${i}`,
      (error) => `${seen(error)} ${i}`,
    ),
  );
  await tell(await Promise.race(both));
  await tell(...(await Promise.all(both)));
}

export async function cancelsOthers(): Promise<void> {
  const order: string[] = [];
  const cancels = ['one', 'two'].map((id) =>
    getExternalWorkflowHandle(id)
      .cancel()
      .then(
        () => order.push(id),
        (error) => order.push(`${id}: ${seen(error)}`),
      ),
  );
  await Promise.race(cancels);
  await tell(...order);
  await Promise.all(cancels);
  await tell(...order);
}

/** What is sent in a scope that is cancelled in the same task, and what is asked for in one that is cancelled. */
export async function sentInCancelledScopes(): Promise<void> {
  const order: string[] = [];
  const other = getExternalWorkflowHandle('other');
  const watch = (name: string, sent: Promise<void>): Promise<unknown> =>
    sent.then(
      () => order.push(name),
      (error) => order.push(`${name}: ${seen(error)}`),
    );
  const scope = new CancellationScope();
  const sent = scope.run(() => Promise.all([watch('signal', other.signal(go, 'x')), watch('cancel', other.cancel())]));
  scope.cancel();
  await sent;
  await tell(...order);
  await scope.run(() => Promise.all([watch('signal', other.signal(go, 'x')), watch('cancel', other.cancel())]));
  await tell(...order);
}

/** The scope is cancelled when the request is recorded, or has arrived. */
export async function cancelInScopeCancelledLater(): Promise<void> {
  const order: string[] = [];
  setHandler(go, () => void scope.cancel());
  const scope = new CancellationScope();
  const requested = scope.run(() => getExternalWorkflowHandle('other').cancel());
  const signalled = scope.run(() => getExternalWorkflowHandle('other').signal('go'));
  await Promise.allSettled([
    requested.then(
      () => order.push('requested'),
      (error) => order.push(seen(error)),
    ),
    signalled.then(
      () => order.push('signalled'),
      (error) => order.push(seen(error)),
    ),
  ]);
  await tell(...order);
  await condition(() => scope.consideredCancelled);
  await tell(...order);
}

/** An activity and a child that say something of their priority, and ones that leave it to the workflow's. */
export async function priorities(): Promise<void> {
  const { priorityKey, fairnessKey, fairnessWeight } = workflowInfo().priority!;
  await tell(priorityKey, fairnessKey, fairnessWeight);
  const startToCloseTimeout = '10s';
  await scheduleActivity('urgent', [], { startToCloseTimeout, priority: { priorityKey: 1 } });
  await executeChild('kid', { workflowId: 'silver', priority: { fairnessKey: 'silver', fairnessWeight: 0.5 } });
  await executeChild('kid', { workflowId: 'as its parent' });
}
