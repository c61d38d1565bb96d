/** The object leaves memory between every two requests of a scenario: nothing but storage may carry a run on. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, inject, it } from 'vitest';
import { shortType, until } from '../http-api.ts';
import { api, armedAlarm, env, executionStub, keepHistory } from './support.ts';

type Interruption = () => Promise<void>;

interface Outcome {
  result: unknown;
  types: string[];
}

/** Something of everything, in an order that the test decides. `interrupt` is called after every single request. */
async function scenario(workflowId: string, taskQueue: string, interrupt: Interruption): Promise<Outcome> {
  const request = async <T>(work: () => Promise<T>): Promise<T> => {
    const value = await work();
    await interrupt();
    return value;
  };
  const types: string[] = [];
  let token: string | undefined;
  /** Follows the history by long polls, so that the run gets on between two of them. */
  const has = async (type: string, n = 1): Promise<void> => {
    while (types.filter((t) => t === type).length < n) {
      const page = await request(() => api.historyPage(workflowId, { token, wait: true }));
      types.push(...page.history.events.map(shortType));
      token = page.nextPageToken ?? token;
    }
  };
  await request(() => api.start({ workflowId, workflowType: 'mixed', taskQueue, args: [workflowId] }));
  await has('TimerFired');
  await has('WorkflowTaskCompleted', 3);
  await request(() => api.signal(workflowId, 'add', ['one'], 'request-1'));
  await has('WorkflowTaskCompleted', 4);
  expect(await request(() => api.query(workflowId, 'items'))).toEqual(['one']);
  // The same request again, as a client that lost the answer would send it.
  await request(() => api.signal(workflowId, 'add', ['one'], 'request-1'));
  await request(() => api.signal(workflowId, 'add', ['two'], 'request-2'));
  await has('WorkflowExecutionCompleted');
  const result = await request(() => api.result(workflowId));
  return { result, types };
}

/** Objects that are evicted finish what they hold; those that are aborted lose it, as in a crash. */
const interruptions = {
  evicted: (workflowId: string) => () => evictDurableObject(executionStub(workflowId)),
  'aborted with all others': () => () => abortAllDurableObjects(),
};

describe('a run whose object is taken out of memory after every request', () => {
  it.each([
    { how: 'evicted', worker: 'a URL Worker', taskQueue: 'url-transfer' },
    { how: 'aborted with all others', worker: 'a bound Worker', taskQueue: 'plain' },
    { how: 'aborted with all others', worker: 'a bound Worker, called directly', taskQueue: 'direct' },
  ] as const)('($how; $worker) has the same result and the same history', async ({ how, taskQueue }) => {
    if (taskQueue === 'url-transfer') await api.register(inject('urlWorker'));
    const name = `${how.slice(0, 7)}-${taskQueue}`;
    const left = await scenario(`left-alone-${name}`, taskQueue, async () => undefined);
    const workflowId = `interrupted-${name}`;
    const interrupted = await scenario(workflowId, taskQueue, interruptions[how](workflowId));
    expect(left.result).toEqual({ got: ['one', 'two'], executed: [1, 2] });
    expect(interrupted.result).toMatchObject({ got: ['one', 'two'] });
    expect(interrupted.types).toEqual(left.types);
    await keepHistory(workflowId);
  });

  it('is free to leave memory soon after it has answered', async () => {
    // Nothing may keep an idle object awake: a timer that was forgotten would, and it would cost money.
    for (const taskQueue of ['plain', 'direct', 'consumer']) {
      const workflowId = `idle-${taskQueue}`;
      await api.start({ workflowId, workflowType: 'several', taskQueue, args: [workflowId, 1] });
      await api.result(workflowId);
    }
    const evicted = ['plain', 'direct', 'consumer'].map((q) =>
      evictDurableObject(executionStub(`idle-${q}`)),
    );
    await expect(Promise.all(evicted)).resolves.toHaveLength(3);
  });

  it('comes back by its own alarm within seconds when it died while a Worker had its task', async () => {
    const workflowId = 'died';
    await api.start({ workflowId, workflowType: 'held', taskQueue: 'plain', args: [workflowId] });
    await until('the execution', async () => (await env.WORKER_PLAIN.executionsOf(workflowId)).length > 0);
    await abortAllDurableObjects();
    expect(await armedAlarm(workflowId)).toBeLessThan(Date.now() + 3_000);
    await env.WORKER_PLAIN.release(workflowId);
    // Nobody asks for the run meanwhile: only what is on disk is looked at.
    const closed = () =>
      runInDurableObject(executionStub(workflowId), (_, state) => {
        const rows = state.storage.sql.exec<{ data: string }>('SELECT data FROM log ORDER BY seq').toArray();
        return rows.some(({ data }) => data.includes('WORKFLOW_EXECUTION_COMPLETED'));
      });
    await until('the run to close', closed, 6_000);
    const types = await api.eventTypes(workflowId);
    expect(types.filter((type) => type.endsWith('TimedOut'))).toEqual([]);
  });
});
