import { ApplicationFailure, HandlerUnfinishedPolicy } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import type * as activities from './activities';

const acts = wf.proxyActivities<typeof activities>({ startToCloseTimeout: '10s' });

export const setLanguage = wf.defineUpdate<string, [string]>('setLanguage');
export const setLanguageByActivity = wf.defineUpdate<string, [string]>('setLanguageByActivity');
export const getLanguages = wf.defineQuery<string[], [{ includeUnsupported: boolean }]>('getLanguages');
export const approve = wf.defineSignal<[{ name: string }]>('approve');

export async function greetings(): Promise<string> {
  const texts = new Map([
    ['english', 'hello'],
    ['french', 'bonjour'],
  ]);
  let language = 'english';
  let approver: string | undefined;
  let busy = false;
  wf.setHandler(getLanguages, ({ includeUnsupported }) =>
    includeUnsupported ? [...texts.keys(), 'klingon'] : [...texts.keys()],
  );
  wf.setHandler(approve, ({ name }) => {
    approver = name;
  });
  wf.setHandler(
    setLanguage,
    (next) => {
      const previous = language;
      language = next;
      return previous;
    },
    {
      validator: (next) => {
        if (!texts.has(next)) throw new Error(`${next} is not supported`);
      },
    },
  );
  wf.setHandler(
    setLanguageByActivity,
    async (next) => {
      await wf.condition(() => !busy);
      busy = true;
      try {
        const text = await acts.callGreetingService(next);
        if (!text) throw new ApplicationFailure(`nobody speaks ${next}`);
        texts.set(next, text);
        const previous = language;
        language = next;
        return `${previous} (${wf.currentUpdateInfo()?.name})`;
      } finally {
        busy = false;
      }
    },
    { description: 'Asks a service', unfinishedPolicy: HandlerUnfinishedPolicy.WARN_AND_ABANDON },
  );
  await wf.condition(() => approver !== undefined);
  await wf.condition(wf.allHandlersFinished);
  return `${texts.get(language)} from ${approver}`;
}

export interface ClusterState {
  nodes: Record<string, string | null>;
  jobs: string[];
}
export const startCluster = wf.defineSignal('start');
export const assignNodes = wf.defineUpdate<{ assigned: string[] }, [{ job: string; count: number }]>(
  'assignNodes',
);
export const shutdown = wf.defineSignal('shutdown');

/** Messages that arrive at once do not get in each other's way; continues as new without losing one. */
export async function cluster(input: { state?: ClusterState } = {}): Promise<{ jobs: string[] }> {
  const state = input.state ?? {
    nodes: Object.fromEntries([0, 1, 2, 3].map((n) => [`n${n}`, null])),
    jobs: [],
  };
  let started = input.state !== undefined;
  let down = false;
  wf.setHandler(startCluster, () => {
    started = true;
  });
  wf.setHandler(shutdown, () => {
    down = true;
  });
  wf.setHandler(assignNodes, async ({ job, count }) => {
    await wf.condition(() => started);
    if (down) throw wf.ApplicationFailure.create({ message: 'down', type: 'Down' });
    const free = Object.keys(state.nodes)
      .filter((node) => state.nodes[node] === null)
      .slice(0, count);
    if (free.length < count)
      throw wf.ApplicationFailure.create({ message: 'full', type: 'Full', nonRetryable: true });
    for (const node of free) state.nodes[node] = job;
    const assigned = await acts.assign(free, job);
    state.jobs.push(job);
    return { assigned };
  });
  await wf.condition(() => started);
  await wf.condition(
    () => down || wf.workflowInfo().continueAsNewSuggested || (state.jobs.length === 2 && !input.state),
  );
  await wf.condition(wf.allHandlersFinished);
  if (!down) return wf.continueAsNew<typeof cluster>({ state });
  return { jobs: state.jobs };
}

export const addItem = wf.defineUpdate<number, [string]>('addItem');
export const checkout = wf.defineSignal('checkout');

/** A shopping cart, opened by its first item (update-with-start); the total comes early. */
export async function cart(): Promise<string[]> {
  const items: string[] = [];
  let done = false;
  wf.setHandler(addItem, async (item) => {
    await wf.sleep(5);
    return items.push(item);
  });
  wf.setHandler(checkout, () => {
    done = true;
  });
  await wf.condition(() => done && wf.allHandlersFinished());
  return items;
}
