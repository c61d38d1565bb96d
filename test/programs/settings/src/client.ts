import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, MetricsBuffer, type ReplayWorkerOptions, Runtime, Worker } from '@temporalio/worker';
import { measured, slots } from './workflows';

const replay: ReplayWorkerOptions = {
  workflowsPath: require.resolve('./workflows'),
  identity: 'replayer',
  reuseV8Context: true,
  showStackTraceSources: true,
  shutdownGraceTime: 0,
  workflowThreadPoolSize: 1,
};

async function run() {
  const buffer = new MetricsBuffer({ maxBufferSize: 10, useSecondsForDurations: true });
  assert.equal(buffer.useSecondsForDurations, true);
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { metrics: { buffer, globalTags: { env: 'dev' } } },
  });
  const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS });
  const client = new Client({ connection });
  for (const taskQueue of ['settings-tuned', 'settings-plain']) {
    const workflowId = `${taskQueue}-${Date.now()}`;
    const handle = await client.workflow.start(measured, { taskQueue, workflowId, args: [6] });
    assert.deepEqual(await handle.result(), [0, 2, 4, 6, 8, 10, 200]);
    await Worker.runReplayHistory(replay, await handle.fetchHistory(), workflowId);
  }
  const workflowId = `settings-slots-${Date.now()}`;
  const used = await client.workflow.execute(slots, { taskQueue: 'settings-tuned', workflowId });
  assert.ok(used[0] >= 2, `${used}`);
  assert.deepEqual(used.slice(1), [7, 1]);
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
