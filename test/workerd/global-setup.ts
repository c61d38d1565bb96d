/** Builds the Web UI, which the engine imports, and the Workers that it is bound to; starts URL Workers, takes histories. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import type { TestProject } from 'vitest/node';
import { buildUi } from '../../scripts/build-ui.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { reapFolder } from '../e2e/reaper.ts';
import { until } from '../http-api.ts';
import { BUILD_DIR } from './paths.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the Worker on node:http listens. It has no WebSockets. */
    urlWorker: string;
    /** Workers with WebSockets: on Node, and in a workerd of its own. They count their calls: `GET /calls`. */
    sessionWorkers: { node: string; workerd: string };
    /** POST a history here to keep it. */
    historySink: string;
    /** `all`: every call is made to fail, not only some. */
    faults: string;
  }
}

const root = join(import.meta.dirname, '../..');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // A run that is interrupted, or killed, never comes to its teardown: the reaper then ends the Workers.
  reapFolder(BUILD_DIR);
  const file = (name: string): string => join(BUILD_DIR, name);
  const build = (entry: string, outfile: string, platform: 'cloudflare' | 'node' = 'cloudflare') =>
    buildWorker({ entry: join(root, entry), outfile: file(outfile), platform });
  await Promise.all([
    buildUi(),
    build('test/workerd/worker.ts', 'worker.js'),
    build('test/workerd/holding-consumer.ts', 'holding-consumer.js'),
    build('examples/money-transfer/worker.ts', 'money-transfer.js'),
    build('test/plain-worker.ts', 'plain.js', 'node'),
    build('test/url-worker.ts', 'url-worker.js', 'node'),
  ]);
  const worker = new ProcessGroup(process.execPath, [file('plain.js')], {
    env: { ...process.env, TASK_QUEUE: 'url-transfer', BANK_DIR: file('bank') },
  });
  const sessions = new ProcessGroup(process.execPath, [file('url-worker.js')], {
    env: { ...process.env, TASK_QUEUE: 'node-sessions' },
  });
  const workerd = startWorkerd(file('worker.js'), 'workerd-sessions');
  const sink = await startSink();
  const stop = async (): Promise<void> => {
    await Promise.all([worker.stop(), sessions.stop(), workerd.dispose()]);
  };
  try {
    const serving = (group: ProcessGroup) =>
      until('the URL Workers', () => /serving (\S+)/.exec(group.output)?.[1]);
    project.provide('urlWorker', await serving(worker));
    const { origin } = await workerd.ready;
    project.provide('sessionWorkers', { node: await serving(sessions), workerd: origin });
    project.provide('faults', process.env.PERDURE_FAULTS ?? '');
    project.provide('historySink', `http://127.0.0.1:${(sink.address() as AddressInfo).port}`);
  } catch (error) {
    await stop();
    throw new Error(`The URL Workers did not start: ${worker.output}${sessions.output}`, { cause: error });
  }
  return async () => {
    sink.close();
    await stop();
    rmSync(BUILD_DIR, { recursive: true, force: true });
  };
}

/** A Worker in a workerd of its own, which the engine reaches by URL only. */
function startWorkerd(bundle: string, taskQueue: string): Miniflare {
  const modules = { 'worker.js': { type: 'esm' as const, contents: readFileSync(bundle, 'utf8') } };
  const config = {
    name: taskQueue,
    compatibilityDate: '2026-10-20',
    compatibilityFlags: ['nodejs_compat'],
    manifest: { mainModule: 'worker.js', modules },
    env: { SERVES: { type: 'text' as const, value: taskQueue } },
  };
  return new Miniflare({ host: '127.0.0.1', port: 0, cf: false, workers: [{ config }] });
}

/** Keeps what is posted in PERDURE_HISTORIES_DIR, when that is set. */
async function startSink(): Promise<Server> {
  const directory = process.env.PERDURE_HISTORIES_DIR;
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    if (directory) {
      mkdirSync(directory, { recursive: true });
      const { name } = JSON.parse(text) as { name: string };
      writeFileSync(join(directory, `workerd-${name}.json`), text);
    }
    outgoing.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
