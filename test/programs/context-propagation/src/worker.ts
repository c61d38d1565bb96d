import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { newContextActivityInterceptor } from './context/activity-interceptors';

async function run() {
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  try {
    const worker = await Worker.create({
      connection,
      namespace: 'default',
      taskQueue: 'context-propagation',
      workflowsPath: require.resolve('./workflows'),
      activities,
      interceptors: {
        workflowModules: [require.resolve('./context/workflow-interceptors')],
        activity: [newContextActivityInterceptor],
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
