import { describe, expect, it } from 'vitest';
import type { UpdateWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import { type Route, routes } from '../../src/api/routes.ts';
import { makeEngine, NS, startBody } from './engine.ts';
import { cases, taskToken } from './route-cases.ts';

const rows = routes.map((route) => [route.rpc, route] as [string, Route]);

/** The same request without the prefix. */
function bare(route: Route, path: string): string {
  return route.bare
    ? path
        .replace('/api/v1', '')
        .replace(/^\/(cluster-info|namespaces)/, (_, p) =>
          p === 'namespaces' ? '/cluster/namespaces' : '/cluster',
        )
    : path.replace('/api/v1', '');
}

describe('every route', () => {
  it.each(rows)('%s asks its object for what the request says, under both prefixes', async (rpc, route) => {
    const { path, body, asks, status = 200 } = cases[rpc]!;
    for (const at of [path, bare(route, path)]) {
      const engine = makeEngine();
      const reply = await engine.send(route.method, at, body);
      expect(reply).toMatchObject({ status });
      expect(reply.headers.get('content-type')).toBe(
        rpc === 'StreamWorkflowEvents' ? 'text/event-stream' : 'application/json',
      );
      const found = engine.asked.map(({ object, method, args }) => [object, method, ...args]);
      if (asks) expect(found).toContainEqual(asks);
      else expect(found).toEqual([]);
    }
  });

  it.each(rows)(
    '%s refuses a field that it does not know, before any object is asked',
    async (rpc, route) => {
      const { path, body } = cases[rpc]!;
      const engine = makeEngine();
      const reply =
        route.method === 'POST'
          ? await engine.post(path, { ...body, bogus: 1 })
          : await engine.send(route.method, `${path}${path.includes('?') ? '&' : '?'}bogus=1`);
      expect(reply.status).toBe(400);
      expect(reply.body).toMatchObject({ code: 3, message: expect.stringContaining('bogus: unknown field') });
      expect(engine.asked).toEqual([]);
    },
  );
});

describe('requests', () => {
  it('carry ids with any character that a URL can bring', async () => {
    const ids = [
      'a/b',
      'a b',
      '100%',
      '%2F',
      'ü€\u{1F600}',
      'a?b#c',
      '["x","y"]',
      'constructor',
      '__proto__',
    ];
    for (const id of ids) {
      const engine = makeEngine();
      const { status } = await engine.get(`${NS}/workflows/${encodeURIComponent(id)}`);
      expect([id, status, engine.stubs]).toEqual([id, 200, [`execution ${JSON.stringify(['default', id])}`]]);
    }
  });

  it('may repeat a field of the path in the body, but not contradict it', async () => {
    const same = makeEngine();
    await same.post(`${NS}/workflows/w`, { ...startBody, workflowId: 'w', namespace: 'default' });
    expect(same.asked.length).toBeGreaterThan(0);
    const other = makeEngine();
    const { status, body } = await other.post(`${NS}/workflows/w`, { ...startBody, workflowId: 'x' });
    expect([status, body.message]).toEqual([400, 'workflowId: is there with two different values']);
    expect(other.asked).toEqual([]);
  });

  it('may be written in snake_case and with nulls, as proto3 JSON', async () => {
    const engine = makeEngine();
    const body = {
      workflow_type: { name: 't' },
      task_queue: { name: 'q' },
      memo: null,
      request_id: 'r',
      user_metadata: { summary: 'hi', details: null },
    };
    expect((await engine.post(`${NS}/workflows/w`, body)).status).toBe(200);
    expect(engine.asked[0]!.args[0]).toMatchObject({
      workflowType: { name: 't' },
      taskQueue: { name: 'q' },
      requestId: 'r',
      userMetadata: { summary: { data: 'ImhpIg==' } },
    });
  });

  it('reach only the namespaces that are configured', async () => {
    const engine = makeEngine({}, { NAMESPACES: 'default, shop' });
    expect((await engine.get('/api/v1/namespaces/shop/workflows/w')).status).toBe(200);
    const missing = await engine.get('/api/v1/namespaces/nope/workflows/w');
    expect(missing.status).toBe(404);
    expect(missing.body.details[0]['@type']).toContain('NamespaceNotFoundFailure');
    const { body } = await engine.get('/api/v1/namespaces');
    expect(body.namespaces.map((n: { namespaceInfo: { name: string } }) => n.namespaceInfo.name)).toEqual([
      'default',
      'shop',
    ]);
    expect(new Set(engine.stubs)).toEqual(new Set(['execution ["shop","w"]', 'namespace \u0000system']));
  });

  it('of an update without an id get one, so that the call may be made again', async () => {
    let lost = true;
    const update = (request: object) => {
      if (lost) {
        lost = false;
        throw new Error('Network connection lost.');
      }
      return { ok: request };
    };
    const engine = makeEngine({ update });
    const { status } = await engine.post(`${NS}/workflows/w/update/add`, {
      request: { input: { args: [] } },
    });
    const ids = engine.asked.map(({ args }) => (args[0] as UpdateWorkflowExecutionRequest).request.meta);
    expect([status, ids]).toEqual([200, [{ updateId: 'id-1' }, { updateId: 'id-1' }]]);
  });

  it('of an update-with-start write the first visibility row when they have started something', async () => {
    const { path, body } = cases.ExecuteMultiOperation!;
    const engine = makeEngine();
    await engine.post(path, body);
    expect(engine.asked.map(({ method }) => method)).toContain('unwrittenRow');
    const updateWorkflow = { stage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED' };
    const existing = makeEngine({
      updateWithStart: () => ({ ok: { startWorkflow: { runId: 'r', started: false }, updateWorkflow } }),
    });
    await existing.post(path, body);
    expect(existing.asked.map(({ method }) => method)).toEqual(['updateWithStart']);
  });

  it('by token reach the run in the token, and only within its namespace', async () => {
    const engine = makeEngine({}, { NAMESPACES: 'default,shop' });
    const wrong = await engine.post('/api/v1/namespaces/shop/activity-complete', { taskToken });
    const foreign = 'taskToken: not a task token of this engine and namespace';
    expect([wrong.status, wrong.body.message]).toEqual([403, foreign]);
    const nonsense = await engine.post(`${NS}/activity-complete`, { taskToken: 'nonsense' });
    expect([nonsense.status, nonsense.body.message]).toEqual([403, foreign]);
    expect(engine.asked.filter(({ object }) => object.startsWith('execution'))).toEqual([]);
  });
});

describe('answers', () => {
  it('of an unknown route or method have the shape of every error', async () => {
    const engine = makeEngine();
    for (const [method, path] of [
      ['GET', '/nope'],
      ['PUT', `${NS}/workflows/w`],
      ['DELETE', `${NS}/workflow-count`],
    ] as const) {
      const { status, body } = await engine.send(method, path);
      const message = `no route ${method} ${path}: /docs/api has those there are`;
      expect([status, body]).toEqual([404, { code: 5, message, details: [] }]);
    }
  });

  it('of the root and of health need no object', async () => {
    const engine = makeEngine();
    expect((await engine.get('/health')).body).toEqual({ status: 'SERVING' });
    expect((await engine.get('/')).body).toMatchObject({ name: 'Perdure', health: '/health' });
    expect(engine.stubs).toEqual([]);
  });

  it('give the last events first, page by page, when read in reverse', async () => {
    const events = Array.from({ length: 7 }, (_, i) => ({
      eventId: String(i + 1),
      eventType: 'EVENT_TYPE_TIMER_FIRED',
    }));
    const engine = makeEngine({
      history: ({ nextPageToken = '0' }: { nextPageToken?: string }) => {
        const from = Number(nextPageToken);
        return {
          ok: {
            history: { events: events.slice(from, from + 3) },
            ...(from + 3 < 7 && { nextPageToken: String(from + 3) }),
          },
        };
      },
    });
    const ids: string[][] = [];
    let token = '';
    do {
      const { body } = await engine.get(
        `${NS}/workflows/w/history-reverse?maximumPageSize=3&nextPageToken=${token}`,
      );
      ids.push(body.history.events.map((e: { eventId: string }) => e.eventId));
      token = body.nextPageToken ?? '';
    } while (token);
    expect(ids).toEqual([['7', '6', '5'], ['4', '3', '2'], ['1']]);
    expect((await engine.get(`${NS}/workflows/w/history-reverse?nextPageToken=x`)).status).toBe(400);
  });

  it('of a history backwards in pages that an isolate can hold, however large its events are', async () => {
    const events = Array.from({ length: 9 }, (_, i) => ({
      eventId: String(i + 1),
      eventType: 'EVENT_TYPE_MARKER_RECORDED',
      filler: 'x'.repeat(i === 4 ? 6_000_000 : 1_500_000),
    }));
    const engine = makeEngine({ history: () => ({ ok: { history: { events } } }) });
    const pages: string[][] = [];
    let token = '';
    do {
      const { body } = await engine.get(`${NS}/workflows/w/history-reverse?nextPageToken=${token}`);
      pages.push(body.history.events.map((e: { eventId: string }) => e.eventId));
      token = body.nextPageToken ?? '';
    } while (token);
    expect(pages).toEqual([['9', '8'], ['7', '6'], ['5'], ['4', '3'], ['2', '1']]);
  });

  it('of a task queue name as pollers the Workers that serve it', async () => {
    const worker = (identity: string, workflowTypes: string[], activityTypes: string[]) => ({
      url: `http://127.0.0.1/${identity}`,
      lastSeenTime: '2026-01-01T00:00:00.000Z',
      description: { identity, taskQueues: [{ name: 'q', workflowTypes, activityTypes }] },
    });
    const engine = makeEngine({
      listWorkers: () => [worker('both', ['w'], ['a']), worker('activities', [], ['a'])],
    });
    const pollers = async (query: string): Promise<string[]> =>
      (await engine.get(`${NS}/task-queues/${query}`)).body.pollers.map(
        (p: { identity: string }) => p.identity,
      );
    expect(await pollers('q')).toEqual(['both']);
    expect(await pollers('q?taskQueueType=TASK_QUEUE_TYPE_ACTIVITY')).toEqual(['both', 'activities']);
    expect(await pollers('other?taskQueueType=2')).toEqual([]);
    // Nexus tasks are not here: nobody serves them.
    expect(await pollers('q?taskQueueType=3')).toEqual([]);
  });

  it('of a task queue say what waits on it, over all shards, to those who ask', async () => {
    const engine = makeEngine({
      backlog: (kind: string) =>
        kind === 'activity' ? { count: 2, since: Date.now() - 90_000 } : { count: 0 },
      dispatchRate: () => 1.5,
    });
    const stats = async (query: string) => (await engine.get(`${NS}/task-queues/q?${query}`)).body.stats;
    expect(await stats('taskQueueType=2')).toBeUndefined();
    const { approximateBacklogAge: age, ...counts } = await stats('taskQueueType=2&reportStats=true');
    expect(counts).toEqual({ approximateBacklogCount: '8', tasksDispatchRate: 1.5 });
    expect(Number.parseFloat(age)).toBeGreaterThanOrEqual(90);
    expect(await stats('reportStats=true')).toMatchObject({
      approximateBacklogCount: '0',
      approximateBacklogAge: '0s',
    });
  });

  it('of a start say so before the first visibility row is written, and survive its failure', async () => {
    const record = { info: { execution: { workflowId: 'w', runId: 'run-1' } } };
    const engine = makeEngine({ unwrittenRow: () => ({ ok: record }) });
    await engine.post(`${NS}/workflows/w`, startBody);
    expect(engine.asked.map(({ method }) => method)).toEqual(['request', 'unwrittenRow', 'upsert']);
    expect(engine.asked[2]!.args).toEqual([[record]]);
    const failing = makeEngine({ unwrittenRow: () => Promise.reject(new Error('gone')) });
    expect((await failing.post(`${NS}/workflows/w`, startBody)).status).toBe(200);
    const existing = makeEngine({ request: () => ({ ok: { runId: 'r', started: false } }) });
    await existing.post(`${NS}/workflows/w`, startBody);
    expect(existing.asked.map(({ method }) => method)).toEqual(['request']);
  });
});
