/** Plain `npx wrangler dev` in the root, with nothing but curl and a URL Worker; and again after kill -9. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { buildWorker } from '../../sdk/worker/build.ts';
import { HttpApi, until } from '../http-api.ts';
import { bankIsRight } from './judge.ts';
import { reapFolder } from './reaper.ts';

const dir = mkdtempSync(join(tmpdir(), 'perdure-plain-'));
const env = {
  ...process.env,
  PATH: `${join(projectRoot, 'node_modules/.bin')}:${process.env.PATH}`,
  CI: '1',
};
let port = 0;
let inspectorPort = 0;
let engine: ProcessGroup | undefined;
let worker: ProcessGroup | undefined;
let workerUrl = '';

const base = (): string => `http://127.0.0.1:${port}/api/v1/namespaces/default`;

/** What a person would type. */
async function curl(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--show-error',
    '--fail-with-body',
    ...args,
  ]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function wranglerDev(): Promise<void> {
  const ports = ['--port', String(port), '--inspector-port', String(inspectorPort)];
  const args = ['wrangler', 'dev', ...ports, '--persist-to', join(dir, 'state')];
  engine = new ProcessGroup('npx', args, { cwd: projectRoot, env });
  const health = `http://127.0.0.1:${port}/health`;
  await until('wrangler dev', () => fetch(health).then(({ ok }) => ok), 60_000).catch((error: Error) => {
    throw new Error(`${error.message}:\n${engine!.output}`);
  });
}

function startTransfer(workflowId: string): Promise<Record<string, unknown>> {
  const details = {
    amount: 100,
    sourceAccount: 'acct-alice',
    targetAccount: 'acct-bob',
    referenceId: workflowId,
  };
  const body = {
    workflowType: { name: 'moneyTransfer' },
    taskQueue: { name: 'money-transfer' },
    input: [details],
  };
  return curl('--json', JSON.stringify(body), `${base()}/workflows/${workflowId}`);
}

async function result(workflowId: string): Promise<unknown> {
  return curl(`${base()}/workflows/${workflowId}/result?waitMs=30000`);
}

beforeAll(async () => {
  [port, inspectorPort] = [await freePort(), await freePort()];
  const outfile = join(dir, 'plain.js');
  await buildWorker({ entry: join(projectRoot, 'test/plain-worker.ts'), outfile, platform: 'node' });
  const workerEnv = { ...env, BANK_DIR: join(dir, 'bank'), BANK_DELAY_MS: '500' };
  worker = new ProcessGroup(process.execPath, [outfile], { env: workerEnv });
  reapFolder(dir);
  workerUrl = await until('the Worker', () => /serving (\S+)/.exec(worker!.output)?.[1]);
  await wranglerDev();
});
afterAll(async () => {
  await Promise.all([engine?.stop(), worker?.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

it('register by curl, start by curl, it finishes; and again after kill -9', async () => {
  const closed = { pending: false, status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' };
  await curl('--json', JSON.stringify({ url: workerUrl }), `${base()}/workers`);
  expect(await startTransfer('plain-1')).toMatchObject({ started: true });
  expect(await result('plain-1')).toMatchObject(closed);

  await startTransfer('plain-2');
  const api = new HttpApi(`http://127.0.0.1:${port}`);
  await until('the withdrawal', async () =>
    (await api.describe('plain-2')).pendingActivities[0]?.state.endsWith('STARTED'),
  );
  await engine!.stop();
  console.log('kill -9: plain wrangler dev; in flight: a withdrawal');
  await wranglerDev();
  // Nothing is registered again: the engine remembers its Workers.
  expect(await result('plain-2')).toMatchObject(closed);
  await startTransfer('plain-3');
  expect(await result('plain-3')).toMatchObject(closed);
  const transfers = ['plain-1', 'plain-2', 'plain-3'];
  await bankIsRight(
    api,
    join(dir, 'bank'),
    transfers.map((id) => ({ workflowId: id, referenceId: id, amount: 100 })),
  );
});
