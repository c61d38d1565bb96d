import {
  Client,
  Connection,
  type ConnectionOptions,
  isGrpcServiceError,
  ServiceError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { getEnv } from './env';
import { example } from './workflows';

async function run() {
  const { address, namespace, taskQueue } = getEnv();
  const options: ConnectionOptions = {
    address,
    connectTimeout: '5s',
    channelArgs: { 'grpc.keepalive_time_ms': 30000 },
    metadata: { a: 'b' },
    tls: undefined,
    interceptors: [],
  };
  const connection = Connection.lazy(options);
  await connection.ensureConnected();
  const client = new Client({ connection, namespace, identity: 'tester' });
  console.log(client.options.namespace, client.options.identity);
  const result = await connection.withDeadline(Date.now() + 20_000, () =>
    connection.withMetadata({ 'x-trace': '1' }, () =>
      client.workflow.execute(example, {
        taskQueue,
        workflowId: `my-${Date.now()}`,
        args: ['T'],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        requestEagerStart: true,
        staticSummary: 'sum',
        staticDetails: 'det',
      }),
    ),
  );
  console.log(result);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  await connection
    .withAbortSignal(abort.signal, () => client.workflow.getHandle('nonexistent').result())
    .then(
      () => process.exit(1),
      (e) => console.log(e.name),
    );
  const info = await connection.workflowService.getSystemInfo({});
  console.log(info.serverVersion, info.capabilities);
  const ns = await connection.workflowService.describeNamespace({ namespace });
  console.log(ns.namespaceInfo?.name);
  const health = await connection.healthService.check({});
  console.log(health.status);
  try {
    await client.workflow.getHandle('nope').describe();
    process.exit(2);
  } catch (e) {
    if (!(e as Error).name.startsWith('WorkflowNotFound')) throw e;
  }
  const bad = Connection.lazy({ address: '127.0.0.1:1', connectTimeout: 300 });
  try {
    await bad.ensureConnected();
    process.exit(3);
  } catch (e) {
    console.log(isGrpcServiceError(e), e instanceof ServiceError, (e as Error).message);
  }
  await connection.close();
}
run().catch((err) => {
  console.error(err);
  process.exit(1);
});
