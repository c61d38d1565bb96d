/** One object with the real runtime beside it and nothing in between: what the engine itself costs. */

import { makeLogger } from '../../sdk/common/logger.ts';
import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import { proxyActivities } from '../../sdk/workflow/activities.ts';
import { condition } from '../../sdk/workflow/index.ts';
import { WorkflowRun } from '../../sdk/workflow/runtime/run.ts';
import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { decodeRow, historyEvents } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { Outside } from '../../src/execution/outside.ts';

export const silent = makeLogger('ERROR', () => undefined);

const { echo } = proxyActivities<{ echo(n: number): Promise<number> }>({ startToCloseTimeout: '1m' });

/** So many activities, one after another. */
async function sequence(count: number): Promise<number> {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += await echo(n);
  return sum;
}

/** Waits for what does not come. */
const forever = (): Promise<void> => condition(() => false);

export const workflows: Record<string, Workflow> = { sequence, forever };

export function outside(served: boolean): Outside {
  const workflow = {
    id: 'w',
    identity: 'w',
    keepsSessions: true,
    open: async (init: ConstructorParameters<typeof WorkflowRun>[0]) =>
      new WorkflowRun(init, { workflows, logger: silent }),
    failed: (reason: string) => {
      throw new Error(reason);
    },
  };
  const activity = {
    id: 'w',
    identity: 'w',
    call: async ({ input }: { input?: Parameters<typeof fromPayloadsJson>[1] }) => {
      const [value] = fromPayloadsJson(defaultPayloadConverter, input);
      return { answer: { completed: { result: toPayloadsJson(defaultPayloadConverter, value) } } };
    },
  };
  const nobody = { waitingReason: 'nobody' };
  return {
    now: Date.now,
    newRunId: () => crypto.randomUUID(),
    after: () => () => undefined,
    inlineBoundMs: Number.POSITIVE_INFINITY,
    peekWorkflowWorker: () => (served ? workflow : undefined),
    findWorkflowWorker: async () => (served ? workflow : nobody),
    destinationOf: () => ({}),
    peekActivityWorker: () => (served ? activity : undefined),
    findActivityWorker: async () => (served ? activity : nobody),
    dispatchOf: () => 'direct',
    sendActivityTask: async () => undefined,
    recordVisibility: async () => undefined,
    removeVisibility: async () => undefined,
    notifySchedule: async () => undefined,
    noteWaiting: () => undefined,
    workersChanged: () => undefined,
    callExecution: () => Promise.reject(new Error('there is only one workflow here')),
    chainResult: () => Promise.reject(new Error('there is only one workflow here')),
    engineUrl: () => undefined,
    keepAlive: () => undefined,
    log: () => undefined,
  };
}

export function newObject({ store = new MemoryStore(), served = true } = {}) {
  return { store, object: new ExecutionObject('default', 'bench', store, outside(served)) };
}

export function startRequest(count: number) {
  return {
    kind: 'StartWorkflowExecution' as const,
    namespace: 'default',
    workflowId: 'bench',
    workflowType: { name: 'sequence' },
    taskQueue: { name: 'bench' },
    input: toPayloadsJson(defaultPayloadConverter, count),
  };
}

/** Starts a run of so many activities and waits for its end. */
export async function runSequence(count: number): Promise<MemoryStore> {
  const { store, object } = newObject();
  await object.request(startRequest(count));
  const result = await object.result(undefined, 20_000);
  if (result.pending || result.status !== 'WORKFLOW_EXECUTION_STATUS_COMPLETED') {
    throw new Error(`the benchmark's workflow did not complete: ${JSON.stringify(result)}`);
  }
  return store;
}

/** The store of a finished run with about so many history events (six per activity). */
export const storeWithEvents = (events: number): Promise<MemoryStore> => runSequence(Math.round(events / 6));

export function historyOf(store: MemoryStore) {
  return historyEvents(store.log.flatMap(decodeRow));
}

/** The same log without its snapshot: a load has to read all of it. */
export function withoutSnapshot(store: MemoryStore): MemoryStore {
  const bare = new MemoryStore();
  bare.log.push(...store.log);
  return bare;
}
