const { Client } = require('@temporalio/client');
const { example } = require('./workflows');

async function run() {
  const client = new Client();
  const result = await client.workflow.execute(example, {
    taskQueue: 'commonjs-js',
    workflowId: `js-${Date.now()}`,
    args: ['JavaScript'],
  });
  console.log(result);
  if (result !== 'Hello, JavaScript!') throw new Error(result);
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
