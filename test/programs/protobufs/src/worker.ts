import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { dataConverter } from './shared';

async function run() {
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  const worker = await Worker.create({
    connection,
    workflowsPath: require.resolve('./workflows'),
    activities,
    taskQueue: 'protobufs',
    dataConverter,
  });
  await worker.run();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
