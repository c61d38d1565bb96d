const { Worker, NativeConnection } = require('@temporalio/worker');
const activities = require('./activities');

async function run() {
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  const worker = await Worker.create({
    workflowsPath: require.resolve('./workflows'),
    activities,
    taskQueue: 'commonjs-js',
    connection,
  });
  await worker.run();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
