/** Workflows whose end can be computed beforehand, whatever happens on the way. */

import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  uuid4,
  workflowInfo,
} from 'perdure/workflow';
import type { LocalActivities, RecordedActivities } from './activities.ts';
import { type Counters, type Step, sorted } from './programs.ts';
import {
  applyRegister,
  EMPTY_REGISTER,
  type RegisterAnswer,
  type RegisterCommand,
  type RegisterState,
} from './register.ts';

const retry = { initialInterval: '100 milliseconds', maximumInterval: '1 second' };
const { add, refuse, move } = proxyActivities<RecordedActivities>({ startToCloseTimeout: '1 minute', retry });
const { beat } = proxyActivities<RecordedActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '20 seconds',
  retry,
});
const { later } = proxyActivities<RecordedActivities>({ startToCloseTimeout: '10 minutes', retry });
const { plain } = proxyLocalActivities<LocalActivities>({ startToCloseTimeout: '10 seconds' });

// ---- W1: random programs ---------------------------------------------------------------------------------------------

export async function program(steps: Step[], counters: Counters = {}): Promise<Counters> {
  const at = steps.findIndex((step) => step.do === 'continue');
  await runSteps(at < 0 ? steps : steps.slice(0, at), counters);
  if (at >= 0) await continueAsNew<typeof program>(steps.slice(at + 1), counters);
  return sorted(counters);
}

async function runSteps(steps: Step[], counters: Counters): Promise<void> {
  const count = (key: string, n: number): void => {
    counters[key] = (counters[key] ?? 0) + n;
  };
  const promised: Array<Promise<void>> = [];
  for (const step of steps) {
    if (step.do === 'add') count(step.key, await add(uuid4(), step.n, step.fails));
    else if (step.do === 'local') count(step.key, await plain(step.n));
    else if (step.do === 'sleep') await sleep(step.ms);
    else if (step.do === 'later') promised.push(add(uuid4(), step.n, 0).then((n) => count(step.key, n)));
    else if (step.do === 'refused') await refuse(uuid4()).catch(() => count(step.key, step.n));
    else if (step.do === 'cancelled') await cancelledTimer().then(() => count(step.key, step.n));
    else if (step.do === 'all') await Promise.all(step.of.map((branch) => runSteps(branch, counters)));
    else if (step.do === 'child') {
      const id = `${workflowInfo().workflowId}.${uuid4().slice(0, 8)}`;
      const theirs = await executeChild(program, { workflowId: id, args: [step.of] });
      for (const [key, n] of Object.entries(theirs)) count(key, n);
    }
  }
  await Promise.all(promised);
}

async function cancelledTimer(): Promise<void> {
  const scope = new CancellationScope();
  const timer = scope.run(() => sleep('1 hour'));
  scope.cancel();
  await timer.catch((error) => {
    if (!isCancellation(error)) throw error;
  });
}

// ---- W2: bank sagas --------------------------------------------------------------------------------------------------

export async function saga(amount: number, refuses: boolean): Promise<'moved' | 'refunded'> {
  const transfer = workflowInfo().workflowId;
  await move('withdraw', amount, transfer, false);
  try {
    await move('deposit', amount, transfer, refuses);
    return 'moved';
  } catch {
    await move('refund', amount, transfer, false);
    return 'refunded';
  }
}

// ---- W3: a register and a set ----------------------------------------------------------------------------------------

export const command = defineUpdate<RegisterAnswer, [RegisterCommand]>('command');
export const read = defineQuery<RegisterAnswer>('read');
export const done = defineSignal('done');
const COMMANDS_PER_RUN = 15;

export async function register(state: RegisterState = EMPTY_REGISTER): Promise<RegisterState> {
  let commands = 0;
  let finished = false;
  setHandler(
    command,
    (given) => {
      commands++;
      const applied = applyRegister(state, given);
      state = applied.state;
      return applied.result;
    },
    {
      validator: (given) => {
        if (given.do === 'add' && given.item < 0) throw new Error('only what is not negative');
      },
    },
  );
  setHandler(read, () => applyRegister(state, { do: 'read' }).result);
  setHandler(done, () => {
    finished = true;
  });
  await condition(() => (finished || commands >= COMMANDS_PER_RUN) && allHandlersFinished());
  if (!finished) await continueAsNew<typeof register>(state);
  return state;
}

// ---- W4: signals out of order, handled in order ----------------------------------------------------------------------

export const numbered = defineSignal<[number]>('numbered');
export const seen = defineQuery<number>('seen');
const SIGNALS_PER_RUN = 7;

interface InOrder {
  seen: number;
  waiting: number[];
  handled: number[];
}

export async function inOrder(
  n: number,
  state: InOrder = { seen: 0, waiting: [], handled: [] },
): Promise<number[]> {
  const before = state.handled.length;
  setHandler(seen, () => state.seen);
  setHandler(numbered, (number) => {
    state.seen++;
    state.waiting.push(number);
  });
  while (state.handled.length < n) {
    const next = state.handled.length + 1;
    await condition(() => state.waiting.includes(next));
    state.waiting = state.waiting.filter((number) => number !== next);
    await add(uuid4(), next, 0);
    state.handled.push(next);
    if (state.handled.length - before >= SIGNALS_PER_RUN) await continueAsNew<typeof inOrder>(n, state);
  }
  return state.handled;
}

// ---- W6: long idle, and what else there is to interrupt --------------------------------------------------------------

export async function idle(ms: number): Promise<number> {
  await sleep(ms);
  await add(uuid4(), 1, 0);
  await sleep(ms);
  return 2;
}

/** Each attempt gets one further than the one before it. */
export async function beating(n: number): Promise<number> {
  return beat(n);
}

/** Somebody outside answers for its activity. */
export async function answeredFromOutside(): Promise<string> {
  return later();
}

/** Waits to be cancelled, and clears up. */
export async function waiter(): Promise<void> {
  try {
    await condition(() => false);
  } catch (error) {
    await CancellationScope.nonCancellable(() => add(uuid4(), 1, 0));
    throw error;
  }
}

export async function quick(n: number): Promise<number> {
  return add(uuid4(), n, 0);
}

/** Its code is broken: its workflow task fails again and again, and it stays open. */
export async function poison(): Promise<void> {
  throw new TypeError('this code cannot work');
}
