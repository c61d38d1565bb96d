import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';

async function run() {
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  const worker = await Worker.create({
    connection,
    workflowsPath: require.resolve('./workflows'),
    activities,
    taskQueue: 'custom-payloads',
    dataConverter: { payloadConverterPath: require.resolve('./payload-converter') },
  });
  await worker.run();
  await connection.close();
}
run().catch((err) => {
  console.error(err);
  process.exit(1);
});
