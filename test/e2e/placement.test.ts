/** An engine whose objects have a place. What that means only Cloudflare knows; here, that all ways lead to the same objects. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../examples/money-transfer/shared.ts';
import { moneyTransfer } from '../../examples/money-transfer/workflows.ts';
import { type Engine, launchEngine } from '../../scripts/lib/launch.ts';
import { Client, Connection } from '../../sdk/client/index.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'perdure-placement-'));
let engine: Engine;
beforeAll(async () => {
  const vars = { JURISDICTION: 'eu', LOCATION_HINT: 'weur' };
  engine = await launchEngine({ dataDir, workers: ['examples/money-transfer'], vars });
}, 120_000);
afterAll(async () => {
  await engine?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

it('a transfer by queue, its history and the list all find it there', async () => {
  const client = new Client({ connection: await Connection.connect({ address: engine.url }) });
  const details = { amount: 1, sourceAccount: 'acct-alice', targetAccount: 'acct-bob', referenceId: 'eu-1' };
  const handle = await client.workflow.start(moneyTransfer, {
    taskQueue: TASK_QUEUE,
    workflowId: 'eu-1',
    args: [details],
  });
  expect(await handle.result()).toMatch(/^Transfer complete/);
  expect((await handle.describe()).status.name).toBe('COMPLETED');
  await expect.poll(async () => (await client.workflow.count()).count, { timeout: 20_000 }).toBe(1);
}, 60_000);
