/**
 * The workflows of the feature tests. Their histories are also judged by Temporal's replayer, so they are written
 * against what both SDKs have. What a workflow observed goes into patch ids (`saw`): those are compared in a replay.
 */

import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  type ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  ContinueAsNew,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  makeContinueAsNewFunc,
  type ParentClosePolicy,
  patched,
  proxyActivities,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
  startChild,
  TimeoutFailure,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from 'perdure/workflow';

export * from './versioned-workflows.ts';

interface Activities {
  double(n: number): Promise<number>;
}
const { double } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

/** A value that replay must see again. */
function saw(...facts: unknown[]): void {
  patched(`saw:${JSON.stringify(facts)}`);
}

/** An error and its causes, by name, message and what is special about each class. */
export function outline(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, cause } = error as Error & { cause?: unknown };
  const extra = error instanceof TimeoutFailure ? ` ${error.timeoutType}` : '';
  const type = error instanceof ApplicationFailure ? ` ${error.type}` : '';
  const own = error instanceof ChildWorkflowFailure ? `${name} ${error.workflowType}` : `${name}: ${message}`;
  return `${own}${type}${extra}${cause ? ` < ${outline(cause)}` : ''}`;
}

export const finish = defineSignal<[string]>('finish');
export const stateQuery = defineQuery<string>('state');

// ---- Small ones, that others start ----

export async function echo(value: string): Promise<string> {
  return `echo ${value}`;
}

export async function sleeper(duration: string): Promise<string> {
  await sleep(duration);
  return `slept ${duration}`;
}

export async function failing(kind: 'application' | 'timeout' | 'cancelled'): Promise<void> {
  if (kind === 'application') throw ApplicationFailure.nonRetryable('no', 'Refused', { why: 'tests' });
  if (kind === 'cancelled') throw new CancelledFailure('not asked for');
  await sleep('1 hour');
}

/** Waits for `finish`; when cancelled, it cleans up for a minute first. */
export async function waiter(): Promise<string> {
  let value: string | undefined;
  setHandler(finish, (given) => {
    value = given;
  });
  setHandler(stateQuery, () => value ?? 'waiting');
  try {
    await condition(() => value !== undefined);
    return `finished ${value}`;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => sleep('1 minute'));
    throw error;
  }
}

// ---- Children ----

interface ChildCall {
  type: string;
  workflowId: string;
  args?: unknown[];
  taskQueue?: string;
  workflowRunTimeout?: string;
}

export async function parent({ type, ...options }: ChildCall): Promise<unknown> {
  try {
    const result: unknown = await executeChild(type, { args: [], ...options });
    saw(result);
    return result;
  } catch (error) {
    saw(outline(error));
    return outline(error);
  }
}

/** Starts a child, sees it started, and ends; the policy says what becomes of the child. */
export async function leavesChild(
  workflowId: string,
  parentClosePolicy: ParentClosePolicy,
  end: 'complete' | 'fail' | 'continue' | 'wait',
): Promise<string> {
  const child = await startChild(waiter, { workflowId, parentClosePolicy });
  saw(child.workflowId);
  if (end === 'fail') throw ApplicationFailure.nonRetryable('the parent failed');
  if (end === 'continue') await makeContinueAsNewFunc<typeof echo>({ workflowType: 'echo' })('again');
  if (end === 'wait') await condition(() => false);
  return child.firstExecutionRunId;
}

/** Cancels its child once that runs, and says what came of it and how long it took. */
export async function cancelsChild(
  workflowId: string,
  cancellationType: ChildWorkflowCancellationType,
): Promise<string> {
  const scope = new CancellationScope();
  const began = Date.now();
  try {
    await scope.run(async () => {
      const child = await startChild(waiter, { workflowId, cancellationType, parentClosePolicy: 'ABANDON' });
      scope.cancel();
      await child.result();
    });
    return 'completed';
  } catch (error) {
    const report = `${outline(error)} after ${Math.round((Date.now() - began) / 1_000)} s`;
    saw(report);
    return report;
  }
}

export async function cancelsBeforeStart(workflowId: string): Promise<string> {
  const scope = new CancellationScope();
  const child = scope.run(() => executeChild(waiter, { workflowId }));
  scope.cancel();
  try {
    return await child;
  } catch (error) {
    saw(outline(error));
    return outline(error);
  }
}

export async function startsTwins(workflowId: string): Promise<string> {
  const first = await startChild(waiter, { workflowId });
  try {
    await startChild(waiter, { workflowId });
    return 'both started';
  } catch (error) {
    saw((error as Error).name);
    await first.signal(finish, 'by the parent');
    return `${(error as Error).name}; ${await first.result()}`;
  }
}

interface Kin {
  workflowId: string;
  parent: string | undefined;
  root: string | undefined;
}
export async function generations(depth: number): Promise<Kin[]> {
  const { workflowId, parent: from, root } = workflowInfo();
  const self = { workflowId, parent: from?.workflowId, root: root?.workflowId };
  if (depth === 0) return [self];
  const below = await executeChild(generations, {
    workflowId: `${workflowId}.${depth - 1}`,
    args: [depth - 1],
  });
  return [self, ...below];
}

/** Without ids of their own, children get ids from the workflow's seeded random numbers. */
export async function unnamedChildren(count: number): Promise<string[]> {
  const before = uuid4();
  const results = await Promise.all(
    Array.from({ length: count }, (_, i) => executeChild(echo, { args: [String(i)] })),
  );
  saw(before, results);
  return results;
}

// ---- Other workflows ----

export async function signalsOther(workflowId: string, value: string, runId?: string): Promise<string> {
  try {
    await getExternalWorkflowHandle(workflowId, runId).signal(finish, value);
    saw('signalled');
    return 'signalled';
  } catch (error) {
    saw((error as ApplicationFailure).name, (error as ApplicationFailure).type);
    return outline(error);
  }
}

export async function cancelsOther(workflowId: string): Promise<string> {
  try {
    await getExternalWorkflowHandle(workflowId).cancel();
    saw('cancel requested');
    return 'cancel requested';
  } catch (error) {
    saw((error as ApplicationFailure).name, (error as ApplicationFailure).type);
    return outline(error);
  }
}

/** Sends itself a signal: carried out after the task, so that it cannot wait for itself. */
export async function signalsItself(): Promise<string> {
  let heard = '';
  setHandler(finish, (value) => {
    heard = value;
  });
  await getExternalWorkflowHandle(workflowInfo().workflowId).signal(finish, 'from me');
  await condition(() => heard !== '');
  saw(heard);
  return heard;
}

// ---- Continue as new ----

export const add = defineSignal<[number]>('add');

/** Sleeps a second per run for `rounds` runs, then for the signals that are still to come. */
export async function collects(
  rounds: number,
  total: number,
  round = 1,
  seen: number[] = [],
): Promise<number[]> {
  setHandler(add, (n) => {
    seen.push(n);
  });
  await sleep('1 second');
  if (round < rounds) await continueAsNew<typeof collects>(rounds, total, round + 1, seen);
  await condition(() => seen.length >= total);
  return seen;
}

/** Goes on as another workflow, elsewhere and otherwise described. */
export async function movesOn(taskQueue: string): Promise<void> {
  const next = makeContinueAsNewFunc<typeof echo>({
    workflowType: 'echo',
    taskQueue,
    memo: { where: taskQueue },
    searchAttributes: { City: ['Oslo'] },
  });
  await next('moved');
}

export async function parentOfLoop(workflowId: string): Promise<number[]> {
  const child = await startChild(collects, { workflowId, args: [3, 1] });
  await child.signal(add, 7);
  const result = await child.result();
  saw(result);
  return result;
}

// ---- Updates ----

export const deposit = defineUpdate<number, [number]>('deposit');
export const depositDouble = defineUpdate<number, [number]>('depositDouble');
export const slowDeposit = defineUpdate<number, [number, string]>('slowDeposit');
export const brokenUpdate = defineUpdate<void>('broken');
export const note = defineSignal<[string]>('note');
export const close = defineSignal('close');
export const journal = defineQuery<string[]>('journal');

/** Closes when told to and all handlers are done; answers with everything in the order it happened. */
export async function account(opening = 0): Promise<string[]> {
  let balance = opening;
  let closing = false;
  const entries: string[] = [];
  const positive = (amount: number): void => {
    if (!(amount > 0)) throw ApplicationFailure.nonRetryable(`not a deposit: ${amount}`, 'BadAmount');
  };
  const put = (kind: string, amount: number): number => {
    balance += amount;
    entries.push(`${kind} ${amount}`);
    return balance;
  };
  setHandler(deposit, (amount) => put('deposit', amount), { validator: positive });
  setHandler(
    depositDouble,
    async (amount) => {
      entries.push(`begin ${currentUpdateInfo()?.name}`);
      return put('double', await double(amount));
    },
    { validator: positive },
  );
  setHandler(slowDeposit, async (amount, duration) => {
    await sleep(duration);
    return put('slow', amount);
  });
  setHandler(brokenUpdate, () => {
    throw ApplicationFailure.nonRetryable('cannot', 'Broken');
  });
  setHandler(note, (text) => {
    entries.push(`note ${text}`);
  });
  setHandler(close, () => {
    closing = true;
  });
  setHandler(journal, () => entries);
  await condition(() => closing && allHandlersFinished());
  saw(entries);
  return entries;
}

/** Ends while an update is still in its handler. */
export async function abandonsUpdate(): Promise<void> {
  let done = false;
  setHandler(slowDeposit, async (_, duration) => {
    await sleep(duration);
    return 0;
  });
  setHandler(close, () => {
    done = true;
  });
  await condition(() => done);
}

// ---- Retry and cron ----

/** Fails until its third attempt. */
export async function flaky(): Promise<string> {
  const { attempt, lastFailure } = workflowInfo();
  saw(attempt, lastFailure?.message);
  if (attempt < 3) throw ApplicationFailure.retryable(`attempt ${attempt} failed`, 'Flaky');
  return `attempt ${attempt} after: ${lastFailure?.message}`;
}

/** Times out in its first attempt. */
export async function slowAtFirst(): Promise<string> {
  const { attempt } = workflowInfo();
  if (attempt === 1) await sleep('1 hour');
  return `attempt ${attempt}`;
}

/** Counts on from its last result. */
export async function ticks(): Promise<number> {
  const last = (workflowInfo().lastResult as number | undefined) ?? 0;
  saw(last);
  return last + 1;
}

// ---- Default handlers ----

export async function catchesAll(): Promise<string[]> {
  const heard: string[] = [];
  setDefaultSignalHandler((name, ...args) => {
    heard.push(`signal ${name} ${JSON.stringify(args)}`);
  });
  setDefaultQueryHandler((name, ...args) => `query ${name} ${JSON.stringify(args)}`);
  setDefaultUpdateHandler((name, ...args) => {
    heard.push(`update ${name} ${JSON.stringify(args)}`);
    return `done ${name}`;
  });
  await condition(() => heard.some((entry) => entry.startsWith('signal close')));
  saw(heard);
  return heard;
}

// ---- Memo and search attributes ----

export async function tagged(): Promise<object> {
  upsertMemo({ step: 'begun', note: null });
  upsertSearchAttributes({ City: ['Oslo'] });
  upsertSearchAttributes([
    { key: { name: 'Amount', type: 'INT' }, value: 400 },
    { key: { name: 'Colors', type: 'KEYWORD_LIST' }, value: ['red', 'blue'] },
  ]);
  const { memo, searchAttributes } = workflowInfo();
  // Each by itself: Temporal's core keeps them in no particular order.
  saw(memo?.step, memo?.note, memo?.other, searchAttributes.City, searchAttributes.Amount);
  await sleep('1 minute');
  return { memo, searchAttributes };
}

// ---- Everything together ----

/** A loop over children, activities, updates and signals, in three runs. */
export async function tour(round = 1, log: string[] = []): Promise<string[]> {
  let told: string | undefined;
  setHandler(note, (text) => {
    told = text;
  });
  setHandler(deposit, async (amount) => {
    const doubled = await double(amount);
    log.push(`deposit ${doubled}`);
    return doubled;
  });
  setHandler(stateQuery, () => `round ${round}, ${log.length} entries`);
  await condition(() => told !== undefined && allHandlersFinished());
  const { workflowId } = workflowInfo();
  const child = await startChild(waiter, { workflowId: `${workflowId}/child-${round}` });
  await child.signal(finish, String(told));
  log.push(await child.result());
  await sleep('1 day');
  if (round === 3) return log;
  return continueAsNew<typeof tour>(round + 1, log);
}

// ---- Random programs ----

export type Deed =
  | { do: 'activity'; n: number }
  | { do: 'sleep'; ms: number }
  | { do: 'hear'; count: number }
  | { do: 'tell'; workflowId: string }
  | { do: 'cancel'; workflowId: string }
  | {
      do: 'child';
      workflowId: string;
      plan: Deed[];
      policy: ParentClosePolicy;
      cancellationType: ChildWorkflowCancellationType;
      /** Cancelled after so many milliseconds. */
      patience?: number;
      attempts?: number;
      workflowRunTimeout?: number;
      awaited: boolean;
    }
  | { do: 'both'; of: [Deed[], Deed[]] }
  | { do: 'continue' | 'fail' };

export const hear = defineSignal<[string]>('hear');
export const ask = defineUpdate<string, [string, boolean]>('ask');
export const heardQuery = defineQuery<string[]>('heard');

/** Does what the plan says; what it has heard and seen decides what it reports. */
export async function planned(plan: Deed[], heard: string[] = []): Promise<string[]> {
  const trace: string[] = [];
  setHandler(hear, (text) => {
    heard.push(text);
  });
  setHandler(
    ask,
    async (text, slow) => {
      const answer = slow ? `${text} ${await double(text.length)}` : text;
      heard.push(answer);
      return answer;
    },
    {
      validator: (text, _slow) => {
        if (text.startsWith('no')) throw ApplicationFailure.nonRetryable(`refused ${text}`, 'Refused');
      },
    },
  );
  setHandler(heardQuery, () => heard);

  async function startsChild(deed: Extract<Deed, { do: 'child' }>): Promise<void> {
    const { workflowId, plan, policy: parentClosePolicy, cancellationType, patience, attempts } = deed;
    const options = {
      workflowId,
      args: [plan] as [Deed[]],
      parentClosePolicy,
      cancellationType,
      ...(attempts && { retry: { maximumAttempts: attempts } }),
      ...(deed.workflowRunTimeout && { workflowRunTimeout: deed.workflowRunTimeout }),
    };
    const scope = new CancellationScope({ cancellable: true, ...(patience && { timeout: patience }) });
    await scope.run(async () => {
      // Abandoned before its start is known, a child never says that it started: in Temporal's SDK as in ours.
      const child = await Promise.race([startChild(planned, options), scope.cancelRequested]);
      trace.push(`started ${child.workflowId}`);
      if (deed.awaited) trace.push(`child ${(await child.result()).length}`);
    });
  }

  async function act(deed: Deed, rest: Deed[]): Promise<void> {
    switch (deed.do) {
      case 'activity':
        trace.push(`double ${await double(deed.n)}`);
        return;
      case 'sleep':
        return sleep(deed.ms);
      case 'hear':
        trace.push(`heard ${await condition(() => heard.length >= deed.count, '1 minute')}`);
        return;
      case 'tell':
        return getExternalWorkflowHandle(deed.workflowId).signal(hear, `from ${workflowInfo().workflowId}`);
      case 'cancel':
        return getExternalWorkflowHandle(deed.workflowId).cancel();
      case 'child':
        return startsChild(deed);
      case 'both':
        await Promise.all(deed.of.map((part) => follow(part)));
        return;
      case 'continue':
        await condition(allHandlersFinished);
        saw(trace, heard.length);
        return continueAsNew<typeof planned>(rest, heard);
      case 'fail':
        throw ApplicationFailure.retryable('as planned', 'Planned');
    }
  }

  async function follow(deeds: Deed[]): Promise<void> {
    for (const [i, deed] of deeds.entries()) {
      try {
        await act(deed, deeds.slice(i + 1));
      } catch (error) {
        if (error instanceof ContinueAsNew) throw error;
        if (deed.do === 'fail' || (isCancellation(error) && deed.do !== 'child')) throw error;
        trace.push(`${deed.do} ${(error as Error).name}`);
      }
    }
  }

  try {
    await follow(plan);
  } finally {
    saw(trace, heard);
  }
  await condition(allHandlersFinished);
  return [...trace, ...heard];
}

export const hand = defineSignal<[string]>('hand');

/** Ends when it is handed what it was started with. */
export async function relayed(value: string): Promise<string> {
  let handed: string | undefined;
  setHandler(hand, (given) => {
    handed = given;
  });
  await condition(() => handed !== undefined);
  if (handed !== value) throw ApplicationFailure.nonRetryable('it is not the same', 'Changed', handed);
  return value;
}

/** Hands a value to a child by its start and by a signal, gets it back in a result or in a failure, and goes on with it. */
export async function relay(value: string, round = 1): Promise<number> {
  const child = await startChild(relayed, {
    workflowId: `${workflowInfo().workflowId}.child-${round}`,
    args: [value],
  });
  if (round === 2) {
    await child.signal(hand, `${value}!`);
    try {
      await child.result();
    } catch (error) {
      const cause = (error as ChildWorkflowFailure).cause as ApplicationFailure;
      saw(cause.type, cause.details?.[0] === `${value}!`);
      return String(cause.details?.[0]).length;
    }
  }
  await child.signal(hand, value);
  const back = await child.result();
  saw(back === value);
  upsertMemo({ note: back });
  return continueAsNew<typeof relay>(back, 2);
}
