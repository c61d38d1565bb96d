import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';

async function run() {
  const connection = await NativeConnection.connect();
  const worker = await Worker.create({
    connection,
    activities,
    workflowsPath: require.resolve('./workflows'),
    taskQueue: 'schedules',
  });
  await worker.run();
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
