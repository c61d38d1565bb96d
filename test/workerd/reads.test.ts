/** Reading: long polls, describe, unknown ids, list and count. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { api, armedAlarm, executionStub, tablesOf } from './support.ts';

describe('an unknown workflow id', () => {
  it.each([
    ['GET', ''],
    ['GET', '/history'],
    ['GET', '/history?waitNewEvent=true'],
    ['GET', '/result?waitMs=100'],
    ['POST', '/signal/add'],
    ['POST', '/query/items'],
    ['POST', '/cancel'],
    ['POST', '/terminate'],
  ])('%s …%s answers 404 and allocates nothing', async (method, path) => {
    const workflowId = `unknown${path.replace(/\W/g, '-')}${method}`;
    const { status, body } = await api.send(
      method,
      `/workflows/${workflowId}${path}`,
      method === 'POST' ? {} : undefined,
    );
    expect(status).toBe(404);
    expect(body.message).toContain(workflowId);
    expect(await tablesOf(executionStub(workflowId))).toEqual([]);
    expect(await armedAlarm(workflowId)).toBeNull();
  });
});

describe('a run with large payloads', () => {
  const MEBI = 1024 * 1024 - 2;
  const text = (letter: string): string => letter.repeat(MEBI);

  it('keeps every row below what the platform takes, and is read and replayed after an eviction', async () => {
    const workflowId = 'large';
    const args = [1, text('a'), text('b'), text('c')];
    await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args });
    await until('the run to wait', async () => (await api.query(workflowId, 'items')) !== undefined);
    const stub = executionStub(workflowId);
    const longest = await runInDurableObject(stub, (_, state) =>
      ['log', 'pieces'].map((table) => {
        const sql = `SELECT MAX(LENGTH(CAST(data AS BLOB))) AS bytes FROM ${table}`;
        return state.storage.sql.exec<{ bytes: number }>(sql).one().bytes;
      }),
    );
    expect(Math.max(...longest)).toBeLessThan(2_000_000);
    await evictDurableObject(stub);
    await api.signal(workflowId, 'add', ['x']);
    expect(await api.result(workflowId)).toEqual(['x']);
    const [started] = await api.history(workflowId);
    expect(JSON.stringify(started)).toContain(btoa(`"${text('c')}"`));
  });

  it('is read in pages that fit a message', async () => {
    const workflowId = 'many-large';
    await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
    for (let i = 0; i < 29; i++) await api.signal(workflowId, 'nobody-listens', [text('s')]);
    await evictDurableObject(executionStub(workflowId));
    await api.signal(workflowId, 'add', ['last']);
    expect(await api.result(workflowId)).toEqual(['last']);
    const signals = (await api.eventTypes(workflowId)).filter((type) => type === 'WorkflowExecutionSignaled');
    expect(signals).toHaveLength(30);
  }, 60_000);
});

describe('a long poll of history', () => {
  it('returns when the next event is committed, and not before', async () => {
    const workflowId = 'poll';
    await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
    await until('the run to wait', async () => (await api.query(workflowId, 'items')) !== undefined);
    interface Page {
      history: { events: Array<{ eventType: string }> };
      nextPageToken?: string;
    }
    const path = `/workflows/${workflowId}/history?waitNewEvent=true`;
    const { nextPageToken } = await api.ok<Page>('GET', path);
    let answered = false;
    const poll = api
      .ok<Page>('GET', `${path}&nextPageToken=${encodeURIComponent(nextPageToken!)}`)
      .finally(() => {
        answered = true;
      });
    // Other requests of the same object come and go meanwhile.
    for (let i = 0; i < 5; i++) await api.describe(workflowId);
    expect(answered).toBe(false);
    await api.signal(workflowId, 'add', ['x']);
    const page = await poll;
    expect(page.history.events[0]).toMatchObject({ eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED' });
  });

  it('for the result returns when the run closes', async () => {
    const workflowId = 'poll-result';
    await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1] });
    const result = api.result(workflowId);
    await api.signal(workflowId, 'add', ['last']);
    expect(await result).toEqual(['last']);
    const pending = await api.ok('GET', `/workflows/${workflowId}/result`);
    expect(pending).toMatchObject({ pending: false, status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' });
  });
});

describe('a run that no Worker serves', () => {
  it('is accepted, shows Running, and says so', async () => {
    const workflowId = 'unserved';
    const { started } = await api.start({
      workflowId,
      workflowType: 'several',
      taskQueue: 'nobody',
      args: [],
    });
    expect(started).toBe(true);
    const description = await until('the reason', async () => {
      const reply = await api.describe(workflowId);
      return reply.problems.length > 0 && reply;
    });
    expect(description.workflowExecutionInfo.status).toBe('WORKFLOW_EXECUTION_STATUS_RUNNING');
    expect(description.problems.join()).toContain('no Worker serves task queue "nobody"');
    expect(description.pendingWorkflowTask).toMatchObject({ attempt: 1 });
  });

  it('names the type when the queue is served but the type is not', async () => {
    const workflowId = 'unserved-type';
    await api.start({ workflowId, workflowType: 'nonsense', taskQueue: 'plain', args: [] });
    const problems = await until('the reason', async () => {
      const reply = await api.describe(workflowId);
      return reply.problems.length > 0 && reply.problems;
    });
    expect(problems.join()).toContain('no Worker on task queue "plain" serves workflow type "nonsense"');
  });
});

describe('visibility', () => {
  it('lists and counts by type, status, queue and id, and follows a run to its close', async () => {
    for (const id of ['list-1', 'list-2', 'list-3'])
      await api.start({ workflowId: id, workflowType: 'gather', taskQueue: 'direct', args: [1] });
    const running = "WorkflowType = 'gather' AND TaskQueue = 'direct' AND ExecutionStatus = 'Running'";
    await until('three rows', async () => (await api.count(running)) === 3);
    const listed = await api.list(running);
    expect(listed.map((info) => info.execution.workflowId).sort()).toEqual(['list-1', 'list-2', 'list-3']);
    await api.signal('list-2', 'add', ['x']);
    await api.result('list-2');
    await until('the close to show', async () => (await api.count(running)) === 2);
    const [row] = await api.list("WorkflowId = 'list-2'");
    expect(row).toMatchObject({
      status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
      type: { name: 'gather' },
      taskQueue: 'direct',
    });
    expect(row!.closeTime).toBeTypeOf('string');
  });
});
