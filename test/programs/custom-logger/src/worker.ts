import type { InjectedSinks } from '@temporalio/worker';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { configureLogger } from './logging';
import type { AlertSinks } from './workflows';

configureLogger({ write: console.log, isProduction: true });

async function run() {
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  try {
    const worker = await Worker.create({
      connection,
      namespace: 'default',
      taskQueue: 'custom-logger',
      workflowsPath: require.resolve('./workflows'),
      activities,
      sinks: {
        alerter: {
          alert: {
            fn(workflowInfo, message) {
              console.log('sending SMS alert!', workflowInfo.workflowId, message);
            },
            callDuringReplay: false,
          },
        },
      } satisfies InjectedSinks<AlertSinks>,
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
