import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { DefaultLogger, Worker } from 'perdure/worker/node';
import { expect, it } from 'vitest';

const files = {
  'flows.ts': `import { Client } from '@temporalio/client'; import addon from 'native/addon'; import { pool } from './pool';
    import { inner } from 'asked'; import { randomUUID } from 'crypto'; import { setTimeout } from 'node:timers/promises';
    import { Worker } from '@temporalio/worker'; const options = { path: require.resolve('./elsewhere') };
    export const say = async () => [new Client().word, addon.word, pool, inner, options.path, typeof randomUUID, typeof setTimeout, typeof Worker];`,
  'inject.ts': `Object.assign(globalThis, { fakeClient: { Client: class { word = 'client'; } }, fakes: { native: { word: 'native' } },
    pool: { pool: 'variable' }, asked: { inner: 'asked' } }); export const interceptors = () => ({});`,
  'pool.ts': "export const pool = 'of the file';",
};
interface Asked {
  request: string;
}
const asked = ({ request }: Asked, done: (error?: null, value?: string) => void): void =>
  request === 'asked' ? done(null, 'global asked') : done();
const native = async ({ request }: Asked): Promise<string[] | false> =>
  request.startsWith('native/') && ['fakes', 'native'];

it('externals of a webpackConfigHook are variables that an interceptor module sets, in the place of all checks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-externals-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const said: string[] = [];
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowsPath: join(folder, 'flows.ts'),
    logger: new DefaultLogger('WARN', ({ message }) => said.push(message)),
    interceptors: { workflowModules: [join(folder, 'inject.ts')] },
    bundlerOptions: {
      webpackConfigHook: (config) => ({
        ...config,
        externals: [{ '@temporalio/client': 'fakeClient', './pool': 'var pool' }, asked, native],
      }),
    },
  });
  const words = worker.runUntil(env.client.workflow.execute('say', { taskQueue: 'test', workflowId: 'w' }));
  // What the hook has put away is the check of imports, too: they are empty, and so may be called from outside of workflows only.
  const empty = ['undefined', 'undefined', 'undefined'];
  expect(await words).toEqual(['client', 'native', 'variable', 'asked', './elsewhere', ...empty]);
  expect(said).toEqual([]);
  await env.teardown();
  await rm(folder, { recursive: true });
});
