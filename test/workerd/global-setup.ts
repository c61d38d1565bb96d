/** Builds the Workers that the engine under test is bound to, starts a URL Worker, and takes histories. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { until } from '../http-api.ts';
import { BUILD_DIR } from './paths.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the Worker on node:http listens. */
    urlWorker: string;
    /** POST a history here to keep it. */
    historySink: string;
  }
}

const root = join(import.meta.dirname, '../..');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const file = (name: string): string => join(BUILD_DIR, name);
  const build = (entry: string, outfile: string, platform: 'cloudflare' | 'node' = 'cloudflare') =>
    buildWorker({ entry: join(root, entry), outfile: file(outfile), platform });
  await Promise.all([
    build('test/workerd/worker.ts', 'worker.js'),
    build('test/workerd/holding-consumer.ts', 'holding-consumer.js'),
    build('examples/money-transfer/worker.ts', 'money-transfer.js'),
    build('test/plain-worker.ts', 'plain.js', 'node'),
  ]);
  const worker = new ProcessGroup(process.execPath, [file('plain.js')], {
    env: { ...process.env, TASK_QUEUE: 'url-transfer', BANK_DIR: file('bank') },
  });
  const sink = await startSink();
  try {
    const url = await until('the URL Worker', () => /serving (\S+)/.exec(worker.output)?.[1]);
    project.provide('urlWorker', url);
    project.provide('historySink', `http://127.0.0.1:${(sink.address() as AddressInfo).port}`);
  } catch (error) {
    await worker.stop();
    throw new Error(`The URL Worker did not start: ${worker.output}`, { cause: error });
  }
  return async () => {
    sink.close();
    await worker.stop();
    rmSync(BUILD_DIR, { recursive: true, force: true });
  };
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
