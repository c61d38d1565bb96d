import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { toCanonicalString } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';

const taskQueue = 'worker-versioning';
const deploymentName = `my-deployment-${Date.now()}`;

async function createWorker(
  connection: NativeConnection,
  buildId: string,
  workflowsPath: string,
): Promise<Worker> {
  return await Worker.create({
    connection,
    taskQueue,
    workflowsPath,
    activities,
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { buildId, deploymentName },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  });
}

async function untilVersionIsKnown(client: Client, buildId: string): Promise<string> {
  for (let i = 0; i < 100; i++) {
    try {
      const { workerDeploymentInfo, conflictToken } = await client.workflowService.describeWorkerDeployment({
        namespace: 'default',
        deploymentName,
      });
      const summaries = workerDeploymentInfo?.versionSummaries ?? [];
      if (summaries.some(({ deploymentVersion }) => deploymentVersion?.buildId === buildId)) {
        return String(conflictToken);
      }
    } catch {
      // There is no such deployment before its first Worker.
    }
    await wait(200);
  }
  throw new Error(`version ${buildId} is not known`);
}

async function makeCurrent(client: Client, buildId: string): Promise<void> {
  await untilVersionIsKnown(client, buildId);
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    namespace: 'default',
    deploymentName,
    buildId,
  });
}

async function run() {
  const client = new Client({ connection: await Connection.connect() });
  const connection = await NativeConnection.connect();
  const first = await createWorker(connection, '1.0', require.resolve('./workflows-v1'));
  const firstRun = first.run();
  await makeCurrent(client, '1.0');
  const start = (workflowType: string) =>
    client.workflow.start(workflowType, { taskQueue, workflowId: `${workflowType}-${Date.now()}` });
  const [upgrading, pinned] = await Promise.all([start('AutoUpgrading'), start('Pinned')]);
  await Promise.all([upgrading.signal('doNext', 'go'), pinned.signal('doNext', 'go')]);
  await wait(500);
  const second = await createWorker(connection, '2.0', require.resolve('./workflows-v2'));
  const secondRun = second.run();
  await makeCurrent(client, '2.0');
  // A change of the routing takes a moment to be known everywhere.
  await wait(6_000);
  await Promise.all([upgrading.signal('doNext', 'conclude'), pinned.signal('doNext', 'conclude')]);
  const [moved, stayed] = await Promise.all([upgrading.result(), pinned.result()]);
  console.log(moved, '|', stayed);
  assert.match(
    moved,
    /^v2\/1\.0,v2\/2\.0 called by v2$|^v1\/1\.0,v2\/2\.0 called by v2$|v2\/2\.0 called by v2$/,
  );
  assert.equal(stayed, 'v1/1.0,v1/1.0 called by v1');
  assert.equal(toCanonicalString({ deploymentName: 'a', buildId: 'b' }), 'a.b');
  first.shutdown();
  second.shutdown();
  await Promise.all([firstRun, secondRun]);
  await connection.close();
}

run().then(
  () => process.exit(0),
  (err) => {
    console.error(err);
    process.exit(1);
  },
);
