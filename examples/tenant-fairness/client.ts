/** A tenant with sixty files, then two with six: who is done when? `client.ts [--at-a-time 3]`. */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE, type Tenant } from './shared.ts';
import { importFiles } from './workflows.ts';

const { values: flags } = parseArgs({ options: { 'at-a-time': { type: 'string', default: '3' } } });
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
await client.workflowService.updateTaskQueueConfig({
  namespace: 'default',
  taskQueue: TASK_QUEUE,
  updateQueueConcurrency: { maxConcurrentTasks: Number(flags['at-a-time']), reason: 'a small database' },
});

const began = Date.now();
const mark = crypto.randomUUID().slice(0, 4);

async function importOf(tenant: Tenant, count: number): Promise<void> {
  const files = Array.from({ length: count }, (_, i) => `${i}.csv`);
  const workflowId = `import-${tenant.name}-${mark}`;
  const rows = await client.workflow.execute(importFiles, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [tenant, files],
  });
  console.log(
    `${tenant.name}: ${count} files, ${rows} rows, after ${((Date.now() - began) / 1_000).toFixed(1)} s`,
  );
}

const large = importOf({ name: 'globex', weight: 1 }, 60);
await new Promise((resolve) => setTimeout(resolve, 1_000));
await Promise.all([
  large,
  importOf({ name: 'acme', weight: 1 }, 6),
  importOf({ name: 'gold', weight: 3 }, 6),
]);
