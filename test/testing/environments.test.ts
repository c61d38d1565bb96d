import { join } from 'node:path';
import { Client, Connection } from 'perdure/client';
import { defineSearchAttributeKey } from 'perdure/common';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from 'perdure/worker/node';
import { condition, proxyActivities, proxyLocalActivities, upsertSearchAttributes } from 'perdure/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import * as activities from './fixtures/activities.ts';
import { greeting, month, napping } from './fixtures/workflows.ts';

const workflowsPath = join(import.meta.dirname, 'fixtures/workflows.ts');
const taskQueue = 'test';

beforeAll(() => void Runtime.install({ logger: new DefaultLogger('ERROR') }));

async function withEnv<T>(
  creating: Promise<TestWorkflowEnvironment>,
  test: (env: TestWorkflowEnvironment, worker: Worker) => Promise<T>,
): Promise<T> {
  const env = await creating;
  try {
    const { nativeConnection: connection, namespace } = env;
    const worker = await Worker.create({ connection, namespace, taskQueue, workflowsPath, activities });
    return await worker.runUntil(() => test(env, worker));
  } finally {
    await env.teardown();
  }
}

describe('createLocal', () => {
  it('runs workflows in real time', () =>
    withEnv(TestWorkflowEnvironment.createLocal(), async (env) => {
      expect(env.supportsTimeSkipping).toBe(false);
      expect(Math.abs((await env.currentTimeMs()) - Date.now())).toBeLessThan(1_000);
      const before = performance.now();
      const took = await env.client.workflow.execute(napping, { taskQueue, workflowId: 'nap' });
      expect(took).toBeGreaterThanOrEqual(60);
      expect(performance.now() - before).toBeGreaterThanOrEqual(59);
      const asleep = performance.now();
      await env.sleep(30);
      expect(performance.now() - asleep).toBeGreaterThanOrEqual(29);
    }));

  it('leaves a long timer alone, and nothing goes on after the teardown', async () => {
    const handle = await withEnv(TestWorkflowEnvironment.createLocal(), async (env) => {
      const started = await env.client.workflow.start(month, { taskQueue, workflowId: 'month' });
      await env.sleep(20);
      expect((await started.describe()).status.name).toBe('RUNNING');
      return started;
    });
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });

  it('has the namespace that it is given', () =>
    withEnv(TestWorkflowEnvironment.createLocal({ server: { namespace: 'staging' } }), async (env) => {
      expect(env.namespace).toBe('staging');
      const options = { taskQueue, workflowId: 'hello', args: ['staging'] as [string] };
      expect(await env.client.workflow.execute(greeting, options)).toBe('Hello, staging!');
    }));

  it('has the search attributes that its server is to have, of their types', async () => {
    const city = defineSearchAttributeKey('City', 'TEXT');
    const env = await TestWorkflowEnvironment.createLocal({
      server: { searchAttributes: [city], ui: false },
    });
    const { customAttributes } = await env.connection.operatorService.listSearchAttributes({
      namespace: env.namespace,
    });
    expect(customAttributes).toEqual({ City: 'INDEXED_VALUE_TYPE_TEXT' });
    await env.teardown();
  });

  it('has those that its server is given as arguments, too, and refuses what is none', async () => {
    const extraArgs = [
      '--search-attribute',
      'Rank=Int',
      '--log-level=warn',
      '--search-attribute=Tags=KeywordList',
    ];
    const env = await TestWorkflowEnvironment.createLocal({ server: { extraArgs } });
    const { customAttributes } = await env.connection.operatorService.listSearchAttributes({
      namespace: env.namespace,
    });
    expect(customAttributes).toEqual({
      Rank: 'INDEXED_VALUE_TYPE_INT',
      Tags: 'INDEXED_VALUE_TYPE_KEYWORD_LIST',
    });
    await env.teardown();
    const wrong = TestWorkflowEnvironment.createLocal({
      server: { extraArgs: ['--search-attribute', 'Rank'] },
    });
    await expect(wrong).rejects.toThrow('--search-attribute takes Name=Type');
  });

  it('gives attributes without a type the one that their first value tells', () =>
    withEnv(TestWorkflowEnvironment.createLocal(), async (env) => {
      const due = new Date('2026-11-23T00:00:00.000Z');
      const handle = await env.client.workflow.start('waits', {
        taskQueue,
        workflowId: 'untyped',
        searchAttributes: { Color: ['blue'], Due: [due], Open: [true], Gone: [] },
      });
      const { searchAttributes, typedSearchAttributes } = await handle.describe();
      expect(searchAttributes).toEqual({ Color: ['blue'], Due: [due], Open: [true] });
      expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, key.type, value])).toEqual([
        ['Color', 'KEYWORD', 'blue'],
        ['Due', 'DATETIME', due],
        ['Open', 'BOOL', true],
      ]);
    }));
});

describe('the address of an environment', () => {
  it('has the port that is asked for, also by the name of the host', async () => {
    const probe = await TestWorkflowEnvironment.createLocal();
    const port = Number(probe.address.split(':')[1]);
    await probe.teardown();
    const server = { port, ui: true, executable: { type: 'cached-download', version: 'latest' } } as const;
    const env = await TestWorkflowEnvironment.createLocal({ server });
    expect(env.address).toBe(`127.0.0.1:${port}`);
    const connection = await NativeConnection.connect({ address: `localhost:${port}` });
    const worker = await Worker.create({ connection, taskQueue, workflowsPath, activities });
    const client = new Client({ connection: await Connection.connect({ address: `localhost:${port}` }) });
    const greeted = client.workflow.execute(greeting, { taskQueue, workflowId: 'port', args: ['you'] });
    expect(await worker.runUntil(greeted)).toContain('you');
    await env.teardown();
  });

  const kinds = ['createTimeSkipping', 'createLocal'] as const;
  it.each(kinds)(
    '%s: leads connections of a program, and the Workers on them, to its engine',
    async (kind) => {
      const env = await TestWorkflowEnvironment[kind]();
      const { address, namespace } = env;
      expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
      const connection = await NativeConnection.connect({ address });
      const options = { connection, namespace, taskQueue, workflowsPath, activities };
      const worker = await Worker.create({ ...options, shutdownGraceTime: '1s' });
      const client = new Client({ connection: await Connection.connect({ address }), namespace });
      const hello = { taskQueue, workflowId: 'hello', args: ['you'] as [string] };
      const greeted = await worker.runUntil(() => client.workflow.execute(greeting, hello));
      expect(greeted).toBe('Hello, you!');
      expect((await env.client.workflow.getHandle('hello').describe()).status.name).toBe('COMPLETED');
      const path = `http://${address}/api/v1/namespaces/${namespace}/workflows/hello/result`;
      expect(await (await fetch(path)).json()).toMatchObject({
        status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
      });
      await connection.close();
      await env.teardown();
      await expect(fetch(path)).rejects.toThrow('fetch failed');
    },
  );
});

describe('createTimeSkipping', () => {
  it('lets time pass as the real one does while a test only waits', () =>
    withEnv(TestWorkflowEnvironment.createTimeSkipping(), async (env) => {
      const start = await env.currentTimeMs();
      const before = performance.now();
      const handle = await env.client.workflow.start(napping, { taskQueue, workflowId: 'nap' });
      while ((await handle.describe()).status.name === 'RUNNING')
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await env.currentTimeMs()) - start).toBe(await handle.result());
      expect(performance.now() - before).toBeGreaterThan(900);
    }));
});

describe('environments beside each other', () => {
  it('each have a clock and workflows of their own', async () => {
    const startTime = Date.UTC(2030, 0, 1);
    const [first, second] = await Promise.all([
      TestWorkflowEnvironment.createTimeSkipping({ startTime }),
      TestWorkflowEnvironment.createTimeSkipping({ startTime }),
    ]);
    await withEnv(Promise.resolve(first), async () => {
      await first.client.workflow.execute(month, { taskQueue, workflowId: 'month' });
      expect(await first.currentTimeMs()).toBe(startTime + 30 * 86_400_000);
      expect(await second.currentTimeMs()).toBe(startTime);
      await expect(second.client.workflow.getHandle('month').describe()).rejects.toThrow('month');
    });
    await second.teardown();
  });
});

describe('plugins of an environment', () => {
  it('change the options of its client and of the Workers on its connection', async () => {
    const plugin = {
      name: 'p',
      configureClient: (options: object) => ({ ...options, identity: 'plugged client' }),
      configureWorker: (options: WorkerOptions) => ({ ...options, identity: 'plugged worker' }),
    };
    for (const kind of ['createLocal', 'createTimeSkipping'] as const) {
      await withEnv(TestWorkflowEnvironment[kind]({ plugins: [plugin] }), async (env) => {
        expect(env.client.options).toMatchObject({ identity: 'plugged client', namespace: 'default' });
        expect(env.workflowClient).toBe(env.client.workflow);
        const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: 'plugged' });
        expect(worker.options.identity).toBe('plugged worker');
      });
    }
  });
});

describe('a Worker with enableNonLocalActivities: false', () => {
  it('leaves tasks of activities to others, and has local ones', async () => {
    const { local, remote } = {
      local: proxyLocalActivities({ startToCloseTimeout: '1 minute' }),
      remote: proxyActivities({ startToCloseTimeout: '1 minute' }),
    };
    const both = async () => [await local.where!(), await remote.where!()];
    const of = (name: string) => ({ activities: { where: async () => name }, taskQueue: 'two' });
    await withEnv(TestWorkflowEnvironment.createTimeSkipping(), (env) =>
      env.runUntil({ ...of('first'), workflows: { both }, enableNonLocalActivities: false }, () =>
        env.runUntil(of('second'), async () => {
          const started = { taskQueue: 'two', workflowId: 'both' };
          expect(await env.client.workflow.execute(both, started)).toEqual(['first', 'second']);
        }),
      ),
    );
  });
});

describe('search attributes that were added', () => {
  it('have their types where a workflow sets them, and a value that is not of one fails its task', async () => {
    const due = '2030-01-01T00:00:00.000Z';
    const sets = async (value: string) => {
      upsertSearchAttributes({ due_at: [value], named_by_nobody: ['taken'] });
      await condition(() => false);
    };
    await withEnv(TestWorkflowEnvironment.createLocal(), async (env) => {
      const { operatorService } = env.connection;
      await operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { due_at: 6 } });
      await env.runUntil({ taskQueue: 'three', workflows: { sets } }, async () => {
        const start = (value: string) =>
          env.client.workflow.start(sets, { taskQueue: 'three', workflowId: value, args: [value] });
        const [typed, wrong] = [await start(due), await start('soon')];
        const searchAttributes = async () => (await typed.describe()).searchAttributes;
        await expect.poll(searchAttributes).toMatchObject({
          due_at: [new Date(due)],
          named_by_nobody: ['taken'],
        });
        const message = async () => (await wrong.describe()).raw.problems;
        await expect
          .poll(message)
          .toEqual([expect.stringContaining('invalid value for search attribute due_at')]);
      });
    });
  });
});
