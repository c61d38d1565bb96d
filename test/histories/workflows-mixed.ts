/** Workflows in which several things meet: cancellation, failures, messages, attributes, other workflows. */

import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  deprecatePatch,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from 'perdure/workflow';

interface Activities {
  work(what: string): Promise<string>;
}
const { work } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const { work: tryWork } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

const go = defineSignal<[string]>('go');
const put = defineUpdate<number, [string, number]>('put');

/** The name of what was thrown, and that of its cause. */
const told = (error: unknown): string => {
  const { name, cause } = error as Error;
  return `${name} ${cause instanceof Error ? cause.name : 'alone'}`;
};

export async function firstOfThree(): Promise<string> {
  return await CancellationScope.cancellable(async () => {
    const first = await Promise.race([work('a'), tryWork('b'), sleep('1 minute').then(() => 'late')]);
    CancellationScope.current().cancel();
    return first;
  });
}

export async function compensates(): Promise<string> {
  const undo: string[] = [];
  try {
    for (const step of ['book', 'charge', 'ship']) {
      await work(step);
      undo.unshift(step);
    }
    return 'done';
  } catch (error) {
    await CancellationScope.nonCancellable(async () => {
      for (const step of undo) await work(`undo ${step}`);
    });
    if (isCancellation(error)) throw error;
    return `undone after ${told(error)}`;
  }
}

export async function retriesByItself(): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(`attempt ${attempt}`);
    } catch (error) {
      if (attempt === 3) throw ApplicationFailure.nonRetryable(`gave up: ${told(error)}`, 'GaveUp', attempt);
      await sleep(attempt * 1_000);
    }
  }
}

export async function pollsUntil(): Promise<number> {
  let polls = 0;
  let stopped = false;
  setHandler(go, () => void (stopped = true));
  while (!(await condition(() => stopped, '10 seconds'))) {
    polls += 1;
    upsertMemo({ polls });
  }
  upsertMemo({ polls: null, stopped });
  return polls;
}

export async function countsInAttributes(): Promise<unknown> {
  upsertSearchAttributes({ Count: [0] });
  let count = 0;
  setHandler(go, (name) => {
    count += 1;
    upsertSearchAttributes({ Count: [count], Last: [name] });
  });
  await condition(() => count === 3);
  upsertSearchAttributes({ Last: [] });
  return workflowInfo().searchAttributes;
}

export async function keepsAMap(): Promise<Record<string, number>> {
  const map: Record<string, number> = {};
  setHandler(
    put,
    async (key, value) => {
      await work(key);
      map[key] = (map[key] ?? 0) + value;
      return map[key];
    },
    {
      validator: (key) => {
        if (key === '') throw new Error('no key');
      },
    },
  );
  await condition(() => Object.keys(map).length === 2);
  return map;
}

export async function fansOut(names: string[]): Promise<string[]> {
  const results = await Promise.allSettled(names.map((name) => executeChild('one', { workflowId: name, args: [name] })));
  return results.map((r) => (r.status === 'fulfilled' ? String(r.value) : told(r.reason)));
}

export async function relays(): Promise<string> {
  const child = await startChild('listener', {
    workflowId: 'listener',
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
  });
  const heard: string[] = [];
  setHandler(go, async (word) => {
    await child.signal('go', word);
    heard.push(word);
  });
  await condition(() => heard.length === 2);
  const outcome = await getExternalWorkflowHandle('listener').signal('stop').catch(told);
  return `${heard.join(' ')} ${outcome ?? 'stopped'} ${await child.result().catch(told)}`;
}

export async function cancelsEach(ids: string[]): Promise<string[]> {
  const results: string[] = [];
  for (const id of ids) {
    await getExternalWorkflowHandle(id)
      .cancel()
      .then(
        () => results.push('asked'),
        (error) => results.push((error as ApplicationFailure).type ?? told(error)),
      );
  }
  return results;
}

export async function knowsPatches(): Promise<string> {
  const before = patched('first') ? 'new' : 'old';
  await work(before);
  deprecatePatch('second');
  await work(patched('first') ? 'still new' : 'still old');
  return before;
}

export async function handsOver(round: number): Promise<string> {
  const waiting: string[] = [];
  setHandler(go, (word) => void waiting.push(word));
  upsertSearchAttributes({ Round: [round] });
  await condition(() => waiting.length > 0, '1 hour');
  if (round < 3) await continueAsNew<typeof handsOver>(round + 1);
  return waiting.join(' ');
}

export async function shieldsTheLastStep(): Promise<string> {
  try {
    await CancellationScope.withTimeout('5 seconds', () => work('in time'));
    return 'in time';
  } catch (error) {
    const last = await CancellationScope.nonCancellable(() => work('last'));
    return `${told(error)} ${last}`;
  }
}
