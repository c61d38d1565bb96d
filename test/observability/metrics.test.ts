/** The engine as those see it who watch it. */

import parse from 'parse-prometheus-text-format';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../src/observability/families.ts';
import { familyNames } from '../../src/observability/families.ts';
import { ADMIN_KEY, bearer, guarded } from '../auth/support.ts';
import { errorOf, QUEUE, withEngine } from '../features/engine.ts';
import * as workflows from '../features/workflows.ts';

const labelsOf = (name: string, text: string) =>
  parse(text)
    .find((family) => family.name === name)!
    .metrics.map(
      ({ labels, value }): Record<string, string | number> => ({ ...labels, value: Number(value) }),
    );

describe('/metrics', () => {
  it('counts runs by how they ended, the same after the engine has died', () =>
    withEngine(async ({ env, client }) => {
      const options = { taskQueue: QUEUE };
      for (let i = 0; i < 3; i++)
        await client.workflow.execute(workflows.echo, { ...options, workflowId: `e${i}`, args: ['x'] });
      const failing = { ...options, workflowId: 'f', args: ['application'] as ['application'] };
      await errorOf(client.workflow.execute(workflows.failing, failing));
      await client.workflow.start(workflows.waiter, { ...options, workflowId: 'w' });
      const read = async () => (await env.fetch('/metrics')).text();
      const text = await read();
      const starts = labelsOf('perdure_workflow_starts_total', text);
      const labels = { namespace: 'default', task_queue: QUEUE };
      expect(starts).toEqual(
        expect.arrayContaining([
          { ...labels, workflow_type: 'echo', value: 3 },
          { ...labels, workflow_type: 'failing', value: 1 },
          { ...labels, workflow_type: 'waiter', value: 1 },
        ]),
      );
      expect(labelsOf('perdure_workflow_closes_total', text)).toEqual(
        expect.arrayContaining([
          { ...labels, workflow_type: 'echo', status: 'Completed', value: 3 },
          { ...labels, workflow_type: 'failing', status: 'Failed', value: 1 },
        ]),
      );
      expect(labelsOf('perdure_workflows_open', text)).toContainEqual({
        ...labels,
        workflow_type: 'waiter',
        value: 1,
      });
      env.evictAll();
      expect(await read()).toBe(text);
    }));

  it('has every family, understood by a parser, with its help and type', () =>
    withEngine(async ({ env }) => {
      const response = await env.fetch('/metrics');
      expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      const found = parse(await response.text());
      expect(found.map(({ name }) => name)).toEqual(familyNames);
      for (const { help, type } of found) expect([help !== '', type !== 'UNTYPED']).toEqual([true, true]);
    }));

  it('is for readers: of the system for all namespaces, of a namespace for that one', async () => {
    const samples: Sample[] = [{ name: 'perdure_queue_messages_total', labels: ['settled'], value: 2 }];
    const status = async (path: string, ...permissions: string[]) => {
      const engine = guarded({ metrics: () => samples });
      const headers = permissions.length > 0 ? bearer(await engine.keyWith(...permissions)) : {};
      const request = { headers };
      const response = await engine.app.request(path, request, engine.env, {
        waitUntil: () => undefined,
      } as unknown as ExecutionContext);
      return [response.status, await response.text()] as const;
    };
    expect((await status('/metrics'))[0]).toBe(401);
    expect((await status('/metrics', 'default:reader'))[0]).toBe(403);
    expect((await status('/metrics?namespace=shop', 'default:reader'))[0]).toBe(403);
    expect((await status('/metrics?namespace=nope', 'nope:reader'))[0]).toBe(404);
    const [code, text] = await status('/metrics?namespace=default', 'default:reader');
    expect([code, labelsOf('perdure_queue_messages_total', text)]).toEqual([
      200,
      // Four shards have two each.
      [{ namespace: 'default', outcome: 'settled', value: 8 }],
    ]);
    const [, all] = await status('/metrics', 'system:reader');
    expect(labelsOf('perdure_queue_messages_total', all).map(({ namespace }) => namespace)).toEqual(
      expect.arrayContaining(['default', 'shop']),
    );
  });

  it('fails rather than tells sums that are not right, when a shard does not answer', async () => {
    const engine = guarded({ metrics: () => Promise.reject(new Error('away')) });
    expect((await engine.get('/metrics', bearer(ADMIN_KEY))).status).toBe(500);
  });
});

describe('requests to the API', () => {
  it('are counted by RPC and code, those that are refused too', async () => {
    const seen: unknown[] = [];
    const measures = () => ({
      count: (...counted: unknown[]) => void seen.push(counted),
      observe: () => undefined,
    });
    const engine = guarded({}, {}, { measures });
    const admin = bearer(ADMIN_KEY);
    await engine.get('/api/v1/namespaces/default/workflows/w', admin);
    await engine.post('/api/v1/namespaces/default/workflows/w', {}, admin);
    await engine.get('/api/v1/namespaces/nope/workflows/w', admin);
    expect(seen).toEqual([
      ['perdure_api_requests_total', ['DescribeWorkflowExecution', 'OK']],
      ['perdure_api_requests_total', ['StartWorkflowExecution', 'INVALID_ARGUMENT']],
    ]);
  });
});

describe('/ready', () => {
  it('says whether the engine’s objects answer, to anybody, and asks them at most every few seconds', async () => {
    const engine = guarded({ findApiKey: () => undefined });
    for (let i = 0; i < 5; i++) {
      const { status, body } = await engine.get('/ready');
      expect([status, body]).toEqual([200, { status: 'READY' }]);
    }
    expect(engine.asked).toHaveLength(1);
    const down = guarded({ findApiKey: () => Promise.reject(new Error('storage of acct-7 is gone')) });
    const { status, text } = await down.get('/ready');
    expect(status).toBe(503);
    expect(text).not.toContain('acct-7');
    const open = guarded({}, { PERDURE_ADMIN_KEY: '' });
    expect((await open.get('/ready')).body).toMatchObject({ status: 'NOT_READY' });
  });
});
