import fs from 'node:fs/promises';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { type Env, getEnv } from './env';

Runtime.install({
  logger: new DefaultLogger('WARN'),
  shutdownSignals: ['SIGINT', 'SIGTERM'],
  telemetryOptions: {
    metrics: {
      prometheus: { bindAddress: '127.0.0.1:0' },
      attachServiceName: true,
      globalTags: { app: 'x' },
      metricPrefix: 'my_',
    },
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  },
});
async function run({
  address,
  namespace,
  clientCertPath,
  clientKeyPath,
  serverNameOverride,
  serverRootCACertificatePath,
  taskQueue,
  apiKey,
}: Env) {
  let serverRootCACertificate: Buffer | undefined;
  if (serverRootCACertificatePath) serverRootCACertificate = await fs.readFile(serverRootCACertificatePath);
  const connection = await NativeConnection.connect({
    address,
    apiKey,
    metadata: { 'x-env': 'test' },
    ...(clientCertPath && clientKeyPath
      ? {
          tls: {
            serverNameOverride,
            serverRootCACertificate,
            clientCertPair: { crt: await fs.readFile(clientCertPath), key: await fs.readFile(clientKeyPath) },
          },
        }
      : {}),
  });
  await connection.setApiKey('key');
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      workflowsPath: require.resolve('./workflows'),
      taskQueue,
      maxConcurrentActivityTaskExecutions: 10,
      maxConcurrentWorkflowTaskExecutions: 100,
      maxCachedWorkflows: 50,
      stickyQueueScheduleToStartTimeout: '10s',
      shutdownGraceTime: '1s',
      reuseV8Context: true,
      debugMode: false,
      showStackTraceSources: true,
      enableNonLocalActivities: true,
      maxConcurrentWorkflowTaskPolls: 2,
      maxHeartbeatThrottleInterval: '60s',
      defaultHeartbeatThrottleInterval: '30s',
      identity: 'me@here',
      disablePayloadErrorLimit: true,
      workflowThreadPoolSize: 1,
      nonStickyToStickyPollRatio: 0.2,
      bundlerOptions: {
        ignoreModules: ['fs'],
        webpackConfigHook: (config) => ({ ...config, mode: 'development' }),
      },
      workflowTaskPollerBehavior: { type: 'autoscaling', initial: 5, maximum: 10, minimum: 1 },
      sinks: {},
    });
    setInterval(() => {
      worker.getStatus();
    }, 100).unref();
    console.log(
      'Worker connection successfully established',
      worker.getState(),
      worker.getStatus(),
      worker.options.taskQueue,
    );
    await worker.run();
  } finally {
    await connection.close();
  }
}
run(getEnv()).then(
  () => process.exit(0),
  (err) => {
    console.error(err);
    process.exit(1);
  },
);
