import { defineSearchAttributeKey, HandlerUnfinishedPolicy, SearchAttributeType } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  inWorkflowContext,
  makeContinueAsNewFunc,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  setDefaultSignalHandler,
  Trigger,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';
import { TASK_QUEUE } from './activities-shared';

export const customerId = defineSearchAttributeKey('CustomerId', SearchAttributeType.KEYWORD);
export const amount = defineSearchAttributeKey('Amount', SearchAttributeType.DOUBLE);

const { charge, flaky, neverRetry } = proxyActivities<ReturnType<typeof activities.createActivities>>({
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 1,
    maximumAttempts: 4,
    nonRetryableErrorTypes: ['InvalidCard', 'TypeError'],
  },
});
const local = proxyLocalActivities<ReturnType<typeof activities.createActivities>>({
  startToCloseTimeout: '5s',
  localRetryThreshold: '30s',
  retry: { maximumAttempts: 2 },
});

export interface OrderState {
  status: 'NEW' | 'PAID' | 'SHIPPED' | 'CANCELLED';
  notes: string[];
}
export const getState = wf.defineQuery<OrderState>('getState');
export const addNote = wf.defineUpdate<number, [string]>('addNote');
export const ship = wf.defineSignal('ship');

export async function order(id: string, cents: number): Promise<OrderState> {
  const state: OrderState = { status: 'NEW', notes: [] };
  const shipped = new Trigger<string>();
  wf.setHandler(getState, () => state, { description: 'the state' });
  wf.setHandler(
    addNote,
    async (note) => {
      await wf.sleep(1);
      state.notes.push(note);
      return state.notes.length;
    },
    {
      validator: (note) => {
        if (!note) throw new Error('empty note');
      },
      unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON,
      description: 'adds a note',
    },
  );
  wf.setHandler(ship, () => shipped.resolve('by signal'));
  const unknown: string[] = [];
  setDefaultSignalHandler((name, ...args) => {
    unknown.push(`${name}:${args.join()}`);
  });
  wf.upsertSearchAttributes([{ key: customerId, value: id }]);
  upsertMemo({ cents, note: 'x' });
  wf.upsertMemo({ note: null });
  try {
    await charge(cents);
    state.status = 'PAID';
  } catch (err) {
    if (err instanceof wf.ActivityFailure && err.cause instanceof ApplicationFailure)
      state.notes.push(`${err.cause.type}/${err.retryState}/${err.activityType}`);
    state.status = 'CANCELLED';
    return state;
  }
  try {
    await CancellationScope.withTimeout('2 days', async () => {
      let by: string | undefined;
      void shipped.then((x) => {
        by = x;
      });
      await wf.condition(() => by !== undefined);
      state.notes.push(by!);
    });
    state.status = 'SHIPPED';
  } catch (err) {
    if (!wf.isCancellation(err)) throw err;
    state.status = 'CANCELLED';
  }
  state.notes.push(...unknown);
  await wf.condition(wf.allHandlersFinished);
  return state;
}
export async function everything(n = 0): Promise<Record<string, unknown>> {
  const info = workflowInfo();
  const out: Record<string, unknown> = {
    inCtx: inWorkflowContext(),
    memo: info.memo?.from,
    uuid: uuid4().length,
    attempt: info.attempt,
    queue: info.taskQueue === TASK_QUEUE,
  };
  if (n === 0) {
    const again = makeContinueAsNewFunc<typeof everything>({
      memo: { from: 'first' },
      workflowRunTimeout: '1 hour',
      taskQueue: info.taskQueue,
    });
    await again(1);
  }
  out.local = await local.localOne('x');
  out.flaky = await flaky(uuid4());
  try {
    await neverRetry();
  } catch (e) {
    out.never = wf.rootCause(e);
  }
  const child = await wf.startChild(order, {
    args: ['kid', 5],
    workflowId: `${info.workflowId}-kid`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: wf.WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    memo: { a: 1 },
    staticSummary: 'kid',
  });
  await getExternalWorkflowHandle(child.workflowId).signal('mystery', 1, 2);
  await getExternalWorkflowHandle(child.workflowId, child.firstExecutionRunId).signal(ship);
  out.child = await child.result();
  try {
    await getExternalWorkflowHandle('does-not-exist').signal(ship);
  } catch (e) {
    out.ext = (e as Error).name;
  }
  out.previous = info.continuedFromExecutionRunId !== undefined && info.firstExecutionRunId !== info.runId;
  out.hist = workflowInfo().historyLength > 3 && typeof info.historySize === 'number';
  return out;
}
export async function eternal(): Promise<void> {
  await wf.condition(() => false);
}
export async function sched(x: string): Promise<string> {
  return `${x} ${workflowInfo().searchAttributes ? 'sa' : ''}`;
}
