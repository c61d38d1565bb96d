import { Client, Connection } from '@temporalio/client';
import { ClientTenant } from './client-interceptors';
import { current } from './context';
import { go, signalledBy, tenantOf } from './workflows';

async function run(): Promise<void> {
  const client = new Client({
    connection: await Connection.connect(),
    interceptors: { workflow: [new ClientTenant()] },
  });
  const handle = await current.run({ name: 'Ada' }, () =>
    client.workflow.start(tenantOf, { taskQueue: 'interceptors', workflowId: `tenant-${Date.now()}` }),
  );
  await current.run({ name: 'Bob' }, () => handle.signal(go));
  const [by, name] = [await handle.query(signalledBy), await handle.result()];
  console.log(by, name);
  if (name !== 'Ada' || by[0] !== 'go by Bob') throw new Error('wrong');
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
