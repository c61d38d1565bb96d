/**
 * The engine and the example's Worker on Cloudflare, with the very configuration files that `npm start` uses, in
 * wrangler's own harness (Miniflare): the deployed shape of both, in one process.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestHarness, type TestHarness } from 'wrangler';
import { writeDevConfig } from '../../scripts/lib/dev-config.ts';
import { wranglerEnvironment } from '../../scripts/lib/launch.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import { HttpApi } from '../http-api.ts';

const dir = mkdtempSync(join(tmpdir(), 'perdure-harness-'));
let harness: TestHarness;
let api: HttpApi;

beforeAll(async () => {
  Object.assign(process.env, wranglerEnvironment(dir));
  const configs = await writeDevConfig(join(dir, 'dev'), ['examples/money-transfer']);
  harness = createTestHarness({
    root: projectRoot,
    workers: configs.map((configPath) => ({ configPath })),
  });
  const { url } = await harness.listen();
  api = new HttpApi(url.href.replace(/\/$/, ''));
});
afterAll(async () => {
  await harness.close();
  rmSync(dir, { recursive: true, force: true });
});

it('a transfer by the bound Worker completes, and its log is what the object keeps after it left memory', async () => {
  const args = [
    { amount: 400, sourceAccount: 'acct-alice', targetAccount: 'acct-bob', referenceId: 'harness' },
  ];
  await api.start({
    workflowId: 'harness',
    workflowType: 'moneyTransfer',
    taskQueue: 'money-transfer',
    args,
  });
  expect(await api.result('harness')).toMatch(/^Transfer complete/);
  const before = await api.history('harness');
  const engine = harness.getWorker();
  const name = executionObjectName('default', 'harness');
  await engine.evictDurableObject('WORKFLOW_EXECUTION', { name });
  const storage = await engine.getDurableObjectStorage('WORKFLOW_EXECUTION', { name });
  const rows = await storage.exec('SELECT data FROM log ORDER BY seq');
  expect(JSON.stringify(rows)).toContain('WORKFLOW_EXECUTION_COMPLETED');
  expect(await api.history('harness')).toEqual(before);
});
