/** Long activities in ActivityHost objects: the engine and a Worker in workerd, as they are deployed. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestHarness } from 'wrangler';
import { buildUi } from '../../scripts/build-ui.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { HttpApi, until } from '../http-api.ts';

const projectRoot = join(import.meta.dirname, '../..');

const worker = {
  'workflows.ts': `
    import { defineSignal, isCancellation, proxyActivities, proxyLocalActivities, setHandler, CancellationScope } from 'perdure/workflow';
    const retry = { initialInterval: '1 hour', maximumAttempts: 2 };
    const long = { startToCloseTimeout: '6 hours', heartbeatTimeout: '1 minute', retry };
    const { held, quick } = proxyActivities(long);
    export async function runsLong(key: string) { return held(key); }
    export async function runsShort() {
      return proxyActivities({ startToCloseTimeout: '1 minute' }).quick();
    }
    export async function cancelled(key: string) {
      const scope = new CancellationScope();
      setHandler(defineSignal('cancel'), () => scope.cancel());
      const options = { ...long, heartbeatTimeout: '1s', cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;
      return scope.run(() => proxyActivities(options).held(key)).catch((error) => isCancellation(error));
    }
    export async function runsLocally() {
      return proxyLocalActivities({ startToCloseTimeout: '1 minute' }).pause(2_500);
    }`,
  'worker.ts': `
    import { DurableObject } from 'cloudflare:workers';
    import { ActivityHost as Base, createWorker } from 'perdure/worker';
    import { activityInfo, heartbeat, sleep } from 'perdure/activity';
    import * as workflows from './workflows.ts';

    const started: string[] = [];
    const released = new Set<string>();
    const quiet = () => undefined;
    const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
    const activities = {
      async held(key: string) {
        const { attempt, heartbeatDetails } = activityInfo();
        started.push(key);
        heartbeat('at ' + attempt);
        while (!released.has(key)) {
          await sleep(20);
          heartbeat('at ' + attempt);
        }
        return { attempt, before: heartbeatDetails, inHost: inHost > 0 };
      },
      async quick() { return inHost; },
      async pause(ms: number) {
        started.push('pause');
        await new Promise((resolve) => setTimeout(resolve, ms));
        return started.filter((key) => key === 'pause').length;
      },
    };
    let inHost = 0;
    export class ActivityHost extends Base<Cloudflare.Env> {
      async run(task: Parameters<Base['run']>[0]) {
        inHost++;
        await super.run(task);
      }
      async crash() { this.ctx.abort('crashed by the test'); }
    }
    const Worker = createWorker<{ ENGINE: Fetcher; ACTIVITY_HOST: DurableObjectNamespace<ActivityHost> }>({
      taskQueue: 'long',
      workflows,
      activities,
      logger,
      engine: (env) => env.ENGINE,
    });
    export default class extends Worker {
      async fetch(request: Request) {
        const { pathname, searchParams } = new URL(request.url);
        const key = searchParams.get('key') ?? '';
        if (pathname === '/started') return Response.json(started.filter((other) => other === key).length);
        if (pathname === '/release') released.add(key);
        else if (pathname === '/crash') await this.env.ACTIVITY_HOST.getByName(key).crash().catch(quiet);
        else return super.fetch(request);
        return Response.json(null);
      }
    }`,
  'wrangler.toml': `
    name = "worker"
    main = "out/worker.js"
    compatibility_date = "2026-10-20"
    services = [{ binding = "ENGINE", service = "perdure" }]
    durable_objects = { bindings = [{ name = "ACTIVITY_HOST", class_name = "ActivityHost" }] }
    migrations = [{ tag = "v1", new_sqlite_classes = ["ActivityHost"] }]`,
};

let root: string;
let harness: ReturnType<typeof createTestHarness>;
let api: HttpApi;
beforeAll(async () => {
  process.env.X_LOCAL_OBSERVABILITY = 'false';
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  root = await mkdtemp(join(tmpdir(), 'perdure-hosted-'));
  await mkdir(join(root, 'worker'));
  for (const [path, content] of Object.entries(worker)) await writeFile(join(root, 'worker', path), content);
  await buildWorker({
    entry: join(root, 'worker/worker.ts'),
    outfile: join(root, 'worker/out/worker.js'),
    platform: 'cloudflare',
  });
  await buildUi();
  const engine = await readFile(join(projectRoot, 'wrangler.toml'), 'utf8');
  const bound = engine
    // Its command is named from the project's folder.
    .replace(/^\[build\]\n(?:.+\n)+/m, '')
    .replace('main = "src/index.ts"', `main = ${JSON.stringify(join(projectRoot, 'src/index.ts'))}`)
    .replace(
      '[[durable_objects',
      'services = [{ binding = "WORKER_LONG", service = "worker" }]\n\n[[durable_objects',
    );
  await writeFile(join(root, 'wrangler.toml'), `${bound}\n[vars]\nPERDURE_DEV = "1"\n`);
  harness = createTestHarness({
    root,
    workers: [{ configPath: 'wrangler.toml' }, { configPath: 'worker/wrangler.toml' }],
  });
  const { url } = await harness.listen();
  api = new HttpApi(url.href.replace(/\/$/, ''));
}, 60_000);
afterAll(async () => {
  await harness?.close();
  await rm(root, { recursive: true, force: true });
});

const ask = async (path: string, key: string): Promise<unknown> =>
  (await harness.getWorker('worker').fetch(`http://worker/${path}?key=${encodeURIComponent(key)}`)).json();

/** Starts a workflow with one activity, named like it, and waits until that runs. Answers with its dispatch id. */
async function running(workflowId: string, workflowType: string): Promise<string> {
  const { runId } = await api.start({ workflowId, workflowType, taskQueue: 'long', args: [workflowId] });
  await until('the activity to start', async () => (await ask('started', workflowId)) === 1);
  return `${runId}/5/1`;
}

describe('a long activity on Cloudflare', () => {
  it('is accepted at once and runs in an ActivityHost, which reports its result', async () => {
    await running('reports', 'runsLong');
    const pending = async () => (await api.describe('reports')).pendingActivities?.[0];
    await until('the heartbeat', async () => (await pending())?.heartbeatDetails !== undefined);
    await ask('release', 'reports');
    expect(await api.result('reports')).toEqual({ attempt: 1, inHost: true });
  });

  it('is tried again at once when its object is lost, from its last heartbeat', async () => {
    const dispatchId = await running('crashes', 'runsLong');
    const pending = async () => (await api.describe('crashes')).pendingActivities?.[0];
    await until('the heartbeat', async () => (await pending())?.heartbeatDetails !== undefined);
    await ask('crash', dispatchId);
    // The retry policy would wait for an hour.
    await until('the second attempt', async () => (await ask('started', 'crashes')) === 2, 15_000);
    await ask('release', 'crashes');
    expect(await api.result('crashes')).toEqual({ attempt: 2, before: 'at 1', inHost: true });
  });

  it('is cancelled through its heartbeats', async () => {
    await running('cancels', 'cancelled');
    await api.signal('cancels', 'cancel');
    expect(await api.result('cancels')).toBe(true);
    const types = await api.eventTypes('cancels');
    expect(types).toContain('ActivityTaskCanceled');
  });

  it('whose timeout is short runs in the call', async () => {
    await api.start({ workflowId: 'short', workflowType: 'runsShort', taskQueue: 'long' });
    const hosts = (await api.result('short')) as number;
    await api.start({ workflowId: 'short-2', workflowType: 'runsShort', taskQueue: 'long' });
    expect(await api.result('short-2')).toBe(hosts);
  });
});

describe('a local activity on Cloudflare', () => {
  it('goes on over the heartbeats of its workflow task', async () => {
    const more = { workflowTaskTimeout: '1s' };
    await api.start({ workflowId: 'locally', workflowType: 'runsLocally', taskQueue: 'long', more });
    expect(await api.result('locally')).toBe(1);
    const types = await api.eventTypes('locally');
    // The last, and one for each heartbeat: how many of these depends on how busy the machine is.
    expect(types.filter((type) => type === 'WorkflowTaskCompleted').length).toBeGreaterThan(2);
    expect(types.filter((type) => type === 'WorkflowTaskTimedOut')).toEqual([]);
  });
});
