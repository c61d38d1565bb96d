import { describe, expect, it } from 'vitest';
import { MAX_CONFIGURED, TaskQueueConfigs } from '../../src/namespace/task-queues.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { makeEngine } from './engine.ts';

const of = { namespace: 'default', taskQueue: 'q' };
const metadata = { updateTime: '1970-01-01T00:00:01.000Z' };

function configs() {
  const sql = memorySql();
  return { sql, open: () => new TaskQueueConfigs(sql, () => 1_000) };
}

describe('the limits of a task queue', () => {
  it('are kept, changed one by one, and taken away by what is left out', () => {
    const { open } = configs();
    expect(open().get('q')).toEqual({});
    open().update({
      ...of,
      updateQueueRateLimit: { rateLimit: { requestsPerSecond: 5 }, reason: 'slow API' },
    });
    const { config, limits } = open().update({
      ...of,
      identity: 'me',
      updateQueueConcurrency: { maxConcurrentTasks: 2 },
      setFairnessWeightOverrides: { gold: 5, free: 0.5 },
    });
    expect(config).toEqual({
      queueRateLimit: { rateLimit: { requestsPerSecond: 5 }, metadata: { ...metadata, reason: 'slow API' } },
      queueConcurrency: { maxConcurrentTasks: 2, metadata: { ...metadata, updateIdentity: 'me' } },
      fairnessWeightOverrides: { gold: 5, free: 0.5 },
    });
    expect(open().get('q')).toEqual(config);
    const weights = { gold: 5, free: 0.5 };
    expect(limits).toEqual({ revision: 2, requestsPerSecond: 5, maxConcurrentTasks: 2, weights });
    expect(open().limits()).toEqual({ q: limits });
    open().update({ ...of, updateQueueRateLimit: {}, unsetFairnessWeightOverrides: ['free'] });
    expect(open().limits()).toEqual({ q: { revision: 3, maxConcurrentTasks: 2, weights: { gold: 5 } } });
    open().update({ ...of, updateQueueConcurrency: {} });
    // Its weights count where Workers ask for a rate; by its revision what was taken back is.
    expect(open().limits()).toEqual({ q: { revision: 4, weights: { gold: 5 } } });
    open().update({
      ...of,
      updateFairnessKeyRateLimitDefault: { rateLimit: { requestsPerSecond: 2 }, reason: 'fair' },
    });
    expect(open().get('q').fairnessKeysRateLimitDefault).toEqual({
      rateLimit: { requestsPerSecond: 2 },
      metadata: { ...metadata, reason: 'fair' },
    });
    expect(open().limits()).toEqual({ q: { revision: 5, keyRequestsPerSecond: 2, weights: { gold: 5 } } });
    open().update({ ...of, updateFairnessKeyRateLimitDefault: {}, unsetFairnessWeightOverrides: ['gold'] });
    expect(open().limits()).toEqual({ q: { revision: 6 } });
  });

  it('cost a namespace that sets none nothing, and are bounded', () => {
    const { sql, open } = configs();
    expect(open().limits()).toEqual({});
    expect(sql.statements.filter((text) => text.startsWith('CREATE'))).toEqual([]);
    for (let i = 0; i < MAX_CONFIGURED; i++) open().update({ namespace: 'default', taskQueue: `q${i}` });
    expect(() => open().update({ namespace: 'default', taskQueue: 'more' })).toThrow(
      'at most 1000 task queues',
    );
    open().update({ namespace: 'default', taskQueue: 'q1' });
  });

  it.each([
    [{ setFairnessWeightOverrides: { a: 0 } }, 'setFairnessWeightOverrides.a: must be from 0.001 to 1000'],
    [{ setFairnessWeightOverrides: { a: 1 }, unsetFairnessWeightOverrides: ['a'] }, 'is to be unset, too'],
  ])('are refused: %j', (request, message) => {
    expect(() =>
      configs()
        .open()
        .update({ ...of, ...request }),
    ).toThrow(message);
  });

  it('are told to the object of the task queue, for activity tasks alone', async () => {
    const engine = makeEngine({
      updateTaskQueueConfig: () => ({ ok: { config: {}, limits: { revision: 7 } } }),
    });
    const path = '/api/v1/namespaces/default/task-queues/q/update-config';
    const refused = await engine.post(path, { taskQueueType: 'TASK_QUEUE_TYPE_WORKFLOW' });
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('activity tasks')]);
    expect((await engine.post(path, { taskQueueType: 2 })).status).toBe(200);
    const told = engine.asked.find(({ method }) => method === 'configure');
    expect(told).toMatchObject({ args: [{ revision: 7 }] });
  });
});
