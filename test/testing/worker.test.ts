import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, startDebugReplayer, Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as activities from './fixtures/activities.ts';
import {
  counting,
  finish,
  greeting,
  month,
  patient,
  raceActivityAndTimer,
  stage,
  waiting,
} from './fixtures/workflows.ts';

const workflowsPath = join(import.meta.dirname, 'fixtures/workflows.ts');
const taskQueue = 'test';
let testEnv: TestWorkflowEnvironment;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  testEnv = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => testEnv?.teardown());

const createWorker = (options: Partial<Parameters<typeof Worker.create>[0]> = {}): Promise<Worker> =>
  Worker.create({ connection: testEnv.nativeConnection, taskQueue, workflowsPath, activities, ...options });

let count = 0;
const start = () => ({ taskQueue, workflowId: `workflow-${++count}` });

describe('a Worker in a test environment', () => {
  it('runs a workflow and its activities until the promise settles', async () => {
    const { client, nativeConnection } = testEnv;
    const worker = await Worker.create({
      connection: nativeConnection,
      taskQueue,
      workflowsPath,
      activities,
    });
    expect(worker.getState()).toBe('INITIALIZED');
    const result = await worker.runUntil(client.workflow.execute(greeting, { ...start(), args: ['World'] }));
    expect(result).toBe('Hello, World!');
    expect(worker.getState()).toBe('STOPPED');
  });

  it('calls the activities that the test gives it instead of the real ones', async () => {
    const worker = await createWorker({ activities: { greet: async () => 'mocked' } });
    const result = worker.runUntil(() =>
      testEnv.client.workflow.execute(greeting, { ...start(), args: ['x'] }),
    );
    expect(await result).toBe('mocked');
  });

  it('passes on what the promise rejects with, and stops', async () => {
    const worker = await createWorker();
    await expect(worker.runUntil(Promise.reject(new Error('of the test')))).rejects.toThrow('of the test');
    expect(worker.getState()).toBe('STOPPED');
    await expect(worker.run()).rejects.toThrow('Poller was already started');
  });

  it('skips a month while the result is awaited', async () => {
    const before = await testEnv.currentTimeMs();
    const worker = await createWorker();
    const result = await worker.runUntil(testEnv.client.workflow.execute(month, start()));
    expect(result).toBe('a month later');
    expect((await testEnv.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 86_400_000);
  });

  it('answers signals and queries while run() goes on, and ends with shutdown()', async () => {
    const worker = await createWorker();
    const running = worker.run();
    const handle = await testEnv.client.workflow.start(waiting, start());
    expect(await handle.query(stage)).toBe('waiting');
    await handle.signal(finish, 'done');
    expect(await handle.result()).toBe('done');
    worker.shutdown();
    await running;
    expect(worker.getState()).toBe('STOPPED');
  });

  it('keeps module-level variables of workflow files apart, run by run and Worker by Worker', async () => {
    for (let i = 0; i < 2; i++) {
      const worker = await createWorker();
      const both = await worker.runUntil(() =>
        Promise.all([1, 2].map(() => testEnv.client.workflow.execute(counting, start()))),
      );
      expect(both).toEqual([
        [1, 1],
        [1, 1],
      ]);
    }
  });

  it.each([
    ['the activity that sleeps less in the environment', 500_000, 100_000, 'activity'],
    ['the timer that is shorter', 500_000, 1_000_000, 'timer'],
  ])('lets %s win', async (_, timerMs, activityMs, winner) => {
    const worker = await createWorker({
      activities: { sleepInTest: () => testEnv.sleep(activityMs) },
      shutdownGraceTime: '1s',
    });
    const options = { ...start(), args: [timerMs] as [number] };
    expect(await worker.runUntil(testEnv.client.workflow.execute(raceActivityAndTimer, options))).toBe(
      winner,
    );
  });

  it('cancels the activities that still run when it is shut down', async () => {
    let why = '';
    const worker = await createWorker({
      activities: {
        slow: () =>
          activities.slow().catch((error: Error) => {
            why = error.message;
            throw error;
          }),
      },
    });
    const running = worker.run();
    const handle = await testEnv.client.workflow.start(patient, start());
    await new Promise((resolve) => setTimeout(resolve, 20));
    worker.shutdown();
    await running;
    expect(why).toBe('WORKER_SHUTDOWN');
    await handle.terminate();
  });

  it('lets another Worker go on with a workflow by its own code', async () => {
    const handle = await (await createWorker()).runUntil(async () => {
      const started = await testEnv.client.workflow.start(waiting, start());
      expect(await started.query(stage)).toBe('waiting');
      return started;
    });
    const { code } = await bundleWorkflowCode({ workflowsPath });
    const other = await createWorker({
      workflowsPath: undefined,
      workflowBundle: { code: code.replace('return word;', 'return word + ", by other code";') },
    });
    await other.runUntil(async () => {
      await handle.signal(finish, 'done');
      expect(await handle.result()).toBe('done, by other code');
    });
  });

  it('lets the errors that workflowFailureErrorTypes names fail a workflow', async () => {
    const fragile = async (): Promise<void> => {
      throw new RangeError('out of range');
    };
    const worker = await createWorker({
      workflowsPath: undefined,
      workflows: { fragile },
      workflowFailureErrorTypes: { '*': ['RangeError'] },
    } as object);
    const failed = worker.runUntil(testEnv.client.workflow.execute(fragile, start()));
    await expect(failed).rejects.toMatchObject({ cause: { message: 'out of range', type: 'RangeError' } });
  });

  it('says what is wrong with its options', async () => {
    await expect(createWorker({ workflowsPath: '/nowhere/workflows.ts' })).rejects.toThrow(
      'workflowsPath: there is no file /nowhere/workflows.ts',
    );
    await expect(createWorker({ workflows: {} })).rejects.toThrow('only one of them');
    await expect(createWorker({ workflowFailureErrorTypes: { '*': 'Error' } } as object)).rejects.toThrow(
      'workflowFailureErrorTypes.*: expected a list of names',
    );
    await expect(createWorker({ nexusServices: [] } as object)).rejects.toThrow('nexusServices');
    const byPath = { payloadConverterPath: '/nowhere/converter.ts' };
    await expect(createWorker({ dataConverter: byPath } as object)).rejects.toThrow('payloadConverterPath');
    const none = { maxConcurrentActivityTaskExecutions: 0 };
    await expect(createWorker(none)).rejects.toThrow('maxConcurrentActivityTaskExecutions');
    const never = { maxTaskQueueActivitiesPerSecond: 0 };
    await expect(createWorker(never)).rejects.toThrow('maxTaskQueueActivitiesPerSecond: expected a number');
    expect(() => Runtime.install({})).toThrow('once');
    expect(() => startDebugReplayer({ workflowsPath })).toThrow('perdure workflow replay --inspect');
  });
});

describe('workflow files that are being loaded', () => {
  const withFile = async (source: string, options: object): Promise<unknown> => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-load-'));
    await writeFile(join(folder, 'workflows.ts'), source);
    const created = createWorker({ workflowsPath: join(folder, 'workflows.ts'), ...options });
    return created.finally(() => rm(folder, { recursive: true }));
  };

  it('may not hold the thread: the Worker says so and does not start', async () => {
    const source = 'export async function idle() {}\nfor (;;);\n';
    await expect(withFile(source, { isolateExecutionTimeout: '100ms' })).rejects.toThrow(
      /still being loaded after 0\.1 s: something at the top level of a workflow file/,
    );
  });

  it('throw what they throw', async () => {
    const source = "export async function idle() {}\nthrow new RangeError('no such table');\n";
    const thrown = await withFile(source, {}).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(RangeError);
    expect(thrown).toHaveProperty('message', 'no such table');
  });
});

describe('bundleWorkflowCode', () => {
  it('makes code that several Workers can run, from memory and from a file', async () => {
    const workflowBundle = await bundleWorkflowCode({ workflowsPath });
    const folder = await mkdtemp(join(tmpdir(), 'perdure-bundle-'));
    const codePath = join(folder, 'bundle.js');
    await writeFile(codePath, workflowBundle.code);
    for (const bundle of [workflowBundle, { codePath }]) {
      const worker = await createWorker({ workflowsPath: undefined, workflowBundle: bundle });
      const result = worker.runUntil(
        testEnv.client.workflow.execute(greeting, { ...start(), args: ['you'] }),
      );
      expect(await result).toBe('Hello, you!');
    }
    await rm(folder, { recursive: true });
  });

  it('refuses workflow code that imports what it cannot use, and takes a change of a file up', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-bundle-'));
    const path = join(folder, 'flows.ts');
    await writeFile(
      path,
      "import { readFileSync } from 'node:fs'; export const read = async () => readFileSync('x');",
    );
    await expect(bundleWorkflowCode({ workflowsPath: path })).rejects.toThrow('node:fs');
    const ignoring = await bundleWorkflowCode({ workflowsPath: path, ignoreModules: ['fs'] });
    expect(ignoring.code).not.toContain('require("node:fs")');
    await writeFile(path, "export const read = async () => 'first';");
    expect((await bundleWorkflowCode({ workflowsPath: path })).code).toContain('first');
    await new Promise((resolve) => setTimeout(resolve, 10));
    await writeFile(path, "export const read = async () => 'second';");
    expect((await bundleWorkflowCode({ workflowsPath: path })).code).toContain('second');
    await rm(folder, { recursive: true });
  });

  const folderWith = async (files: Record<string, string>): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-bundle-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return folder;
  };

  it('heeds where a webpackConfigHook says that modules are, and says what of it has no effect', async () => {
    const folder = await folderWith({
      'flows.ts': `import { word } from '@app/words'; import crypto from 'node:crypto'; import { gone } from 'gone';
        export const say = async () => [word, typeof crypto.randomBytes, typeof gone].join(' ');`,
      'words.ts': "export const word = 'aliased';",
    });
    const said: string[] = [];
    const worker = await createWorker({
      workflowsPath: join(folder, 'flows.ts'),
      logger: new DefaultLogger('WARN', ({ message }) => said.push(message)),
      bundlerOptions: {
        webpackConfigHook: (config) => {
          config.resolve.alias = { ...config.resolve.alias, '@app': folder, gone$: false };
          config.resolve.fallback = { crypto: false };
          return { ...config, module: { ...config.module, rules: [...config.module.rules, { test: /x/ }] } };
        },
      },
    });
    const words = worker.runUntil(testEnv.client.workflow.execute('say', start()));
    expect(await words).toBe('aliased undefined undefined');
    expect(said).toEqual([expect.stringContaining('webpackConfigHook')]);
    await rm(folder, { recursive: true });
  });

  it('does what plugins of webpack in the hook replace and define, and takes the builds that it prefers', async () => {
    const folder = await folderWith({
      'flows.ts': `import { hooks } from 'node:async_hooks'; import { level } from './utils/level';
        import { build } from 'many-builds'; import { sleep } from '@temporalio/workflow';
        declare const __CONFIG__: string, __LIMIT__: number, loaded: string[];
        export const say = async () => { await sleep(1); return [hooks, level, build, JSON.parse(__CONFIG__).name, __LIMIT__, loaded]; };`,
      'first.js': "globalThis.loaded = ['first'];",
      'last.js': "globalThis.loaded.push('last');",
      'hooks.ts': "export const hooks = 'replaced';",
    });
    await mkdir(join(folder, 'utils'));
    await writeFile(join(folder, 'utils/level.ts'), "export const level = 'of Node';");
    await writeFile(join(folder, 'utils/level.browser.ts'), "export const level = 'of browsers';");
    const builds = join(folder, 'node_modules/many-builds');
    await mkdir(builds, { recursive: true });
    await writeFile(
      join(builds, 'package.json'),
      JSON.stringify({ exports: { special: './s.js', default: './d.js' } }),
    );
    await writeFile(join(builds, 's.js'), "export const build = 'special';");
    await writeFile(join(builds, 'd.js'), "export const build = 'default';");
    interface WebpackPlugin {
      apply(compiler: object): void;
    }
    class NormalModuleReplacementPlugin {
      readonly resourceRegExp = /^node:async_hooks$/;
      readonly newResource = join(folder, 'hooks.ts');
    }
    const throughCompiler = {
      apply({ webpack }: { webpack: Record<string, new (...args: unknown[]) => WebpackPlugin> }) {
        new webpack.DefinePlugin!({
          __CONFIG__: JSON.stringify(JSON.stringify({ name: 'defined' })),
          __LIMIT__: 3,
        }).apply({ webpack });
        new webpack.NormalModuleReplacementPlugin!(
          /utils[/\\]level\.ts$/,
          ({ createData }: { createData: { resource?: string } }) => {
            if (createData.resource)
              createData.resource = createData.resource.replace('level.', 'level.browser.');
          },
        ).apply({ webpack });
      },
    };
    const said: string[] = [];
    const worker = await createWorker({
      workflowsPath: join(folder, 'flows.ts'),
      logger: new DefaultLogger('WARN', ({ message }) => said.push(message)),
      bundlerOptions: {
        webpackConfigHook: (config) => ({
          ...config,
          entry: [join(folder, 'first.js'), ...config.entry, join(folder, 'last.js')],
          resolve: {
            ...config.resolve,
            conditionNames: ['special', '...'],
            alias: { '@temporalio/workflow': '/somewhere/else' },
          },
          plugins: [...config.plugins, new NormalModuleReplacementPlugin(), throughCompiler],
        }),
      },
    });
    const words = worker.runUntil(testEnv.client.workflow.execute('say', start()));
    expect(await words).toEqual(['replaced', 'of browsers', 'special', 'defined', 3, ['first', 'last']]);
    expect(said).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('loads modules that ask where their file is', async () => {
    const folder = await folderWith({
      'flows.js': "const at = __dirname + 'x ' + __filename; exports.say = async () => at;",
    });
    const worker = await createWorker({ workflowsPath: join(folder, 'flows.js') });
    const words = worker.runUntil(testEnv.client.workflow.execute('say', start()));
    expect(await words).toBe('/x /index.js');
    await rm(folder, { recursive: true });
  });

  it('says of a plugin of webpack that it cannot do what it wants', async () => {
    const folder = await folderWith({ 'flows.ts': "export const say = async () => 'said';" });
    const said: string[] = [];
    const wanting = { apply: ({ hooks }: { hooks: Record<string, () => void> }) => hooks.compilation!() };
    await bundleWorkflowCode({
      workflowsPath: join(folder, 'flows.ts'),
      logger: new DefaultLogger('WARN', ({ message }) => said.push(message)),
      webpackConfigHook: (config) => ({ ...config, plugins: [wanting] }),
    });
    expect(said).toEqual([expect.stringContaining('there is no webpack here')]);
    await rm(folder, { recursive: true });
  });

  it('takes from a file of activities what is none, as Temporal’s bundler does', async () => {
    const folder = await folderWith({
      'flows.ts': "import { QUEUE } from './activities'; export const queue = async () => QUEUE;",
      'activities.ts': "export const QUEUE = 'of the activities';",
    });
    const worker = await createWorker({ workflowsPath: join(folder, 'flows.ts') });
    const queue = worker.runUntil(testEnv.client.workflow.execute('queue', start()));
    expect(await queue).toBe('of the activities');
    await writeFile(
      join(folder, 'activities.ts'),
      "import { heartbeat } from '@temporalio/activity'; export const QUEUE = heartbeat;",
    );
    await expect(bundleWorkflowCode({ workflowsPath: join(folder, 'flows.ts') })).rejects.toThrow(
      '@temporalio/activity',
    );
    await rm(folder, { recursive: true });
  });
});
