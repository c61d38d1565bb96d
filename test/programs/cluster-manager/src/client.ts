import assert from 'node:assert/strict';
import { Client, Connection, WorkflowUpdateFailedError, WorkflowUpdateStage } from '@temporalio/client';
import { assign, clusterManager, remove, shutdownCluster, startCluster, status } from './workflows';

async function run() {
  const client = new Client({ connection: await Connection.connect() });
  const handle = await client.workflow.start(clusterManager, {
    taskQueue: 'cluster-manager',
    workflowId: `cluster-${Date.now()}`,
    args: [{ test: true }],
  });
  const early = await handle.startUpdate(assign, {
    args: [{ numNodes: 1, jobName: 'early' }],
    waitForStage: WorkflowUpdateStage.ACCEPTED,
    updateId: 'early',
  });
  await handle.signal(startCluster);
  assert.deepEqual(await early.result(), { nodes: ['0'] });
  assert.deepEqual(await handle.getUpdateHandle('early').result(), { nodes: ['0'] });
  await assert.rejects(
    handle.executeUpdate(assign, { args: [{ numNodes: 0, jobName: 'none' }] }),
    (err) => err instanceof WorkflowUpdateFailedError && /positive/.test(err.cause!.message),
  );
  const jobs = Array.from({ length: 6 }, (_, i) => `job-${i}`);
  for (let round = 0; round < 4; round++) {
    await Promise.all(
      jobs.map((job) =>
        handle.executeUpdate(assign, { args: [{ numNodes: 1, jobName: `${job}-${round}` }] }),
      ),
    );
    await Promise.all(
      jobs.map((job) => handle.executeUpdate(remove, { args: [{ jobName: `${job}-${round}` }] })),
    );
  }
  assert.equal((await handle.query(status)).status, 'STARTED');
  await handle.signal(shutdownCluster);
  const { assigned, runs } = await handle.result();
  console.log({ assigned, runs });
  assert.equal(assigned, 1);
  assert.ok(runs > 1);
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
