import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  upsertMemo,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

export type State = 'created' | 'paid' | 'shipped' | 'delivered' | 'cancelled';
export type Event = 'pay' | 'ship' | 'deliver' | 'cancel';

const table: Record<State, Partial<Record<Event, State>>> = {
  created: { pay: 'paid', cancel: 'cancelled' },
  paid: { ship: 'shipped', cancel: 'cancelled' },
  shipped: { deliver: 'delivered' },
  delivered: {},
  cancelled: {},
};
const reuse: WorkflowIdReusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE;

export const transition = defineUpdate<State, [Event]>('transition');
export const nudge = defineSignal<[Event]>('nudge');
export const current = defineQuery<{ state: State; log: string[] }>('current');

const { charge, ship, refund } = proxyActivities<typeof activities>({ scheduleToCloseTimeout: '1 minute' });
const actions: Partial<Record<State, (order: string) => Promise<string>>> = {
  paid: charge,
  shipped: ship,
  cancelled: refund,
};

export async function orderMachine(order: string): Promise<string[]> {
  let state: State = 'created';
  const log: string[] = [];
  const move = async (event: Event): Promise<State> => {
    const next = table[state][event];
    if (!next) throw ApplicationFailure.nonRetryable(`${state}: no ${event}`, 'NoTransition', reuse);
    state = next;
    const action = actions[next];
    if (action) log.push(await action(order));
    upsertMemo({ state });
    return next;
  };
  setHandler(current, () => ({ state, log }));
  setHandler(transition, move, {
    validator: (event: Event) => {
      if (!table[state][event]) throw new Error(`${state}: no ${event}`);
    },
  });
  setHandler(nudge, async (event) => {
    if (table[state][event]) await move(event);
  });
  const ended = await condition(() => state === 'delivered' || state === 'cancelled', '30 days');
  if (!ended) log.push(`forgotten by ${workflowInfo().workflowType}`);
  return log;
}
