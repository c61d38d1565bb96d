import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { ContextClientInterceptor } from './context/client-interceptors';
import { withContext } from './context/context-injection';
import { sampleWorkflow, who } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection, interceptors: { workflow: [new ContextClientInterceptor()] } });
  await withContext({ customer: 'Acme' }, async () => {
    const handle = await client.workflow.start(sampleWorkflow, {
      taskQueue: 'context-propagation',
      workflowId: `context-${Date.now()}`,
    });
    assert.deepEqual(await handle.result(), [
      'Hello, a from Acme!',
      'Hello, b from Acme!',
      'Hello, c from Acme! (Acme)',
    ]);
    assert.equal(await handle.query(who), 'Acme');
  });
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
