import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { ActivityTenant } from './activity-interceptors';
import { sinks } from './sinks';

async function run(): Promise<void> {
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  try {
    const worker = await Worker.create({
      connection,
      namespace: 'default',
      taskQueue: 'interceptors',
      workflowsPath: require.resolve('./workflows'),
      activities,
      sinks: sinks(console.log),
      interceptors: {
        workflowModules: [require.resolve('./workflows')],
        activity: [(ctx) => ({ inbound: new ActivityTenant(ctx) })],
      },
    });
    await worker.run();
  } finally {
    await connection.close();
  }
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
