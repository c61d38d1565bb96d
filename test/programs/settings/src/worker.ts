import {
  type ActivitySlotInfo,
  type LocalActivitySlotInfo,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkerTuner,
  type WorkflowSlotInfo,
} from '@temporalio/worker';
import * as activities from './activities';
import { Counted } from './slots';
import { runtimeOptions } from './telemetry';

function connectionOptions(): NativeConnectionOptions {
  const { TEMPORAL_ADDRESS: address = 'localhost:7233', TLS_CERT: cert, TLS_KEY: key } = process.env;
  return {
    address,
    tls: cert && key ? { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) } } : undefined,
    apiKey: process.env.TEAM_KEY,
    metadata: { team: 'payments' },
    grpcCompression: { codec: 'none' },
    dnsLoadBalancingConfig: null,
    disableErrorCodeMetricTags: true,
  };
}

const common: Partial<WorkerOptions> = {
  namespace: 'default',
  workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 3 },
  activityTaskPollerBehavior: { type: 'autoscaling', minimum: 1, maximum: 5, initial: 2 },
  nexusTaskPollerBehavior: { type: 'autoscaling' },
  maxCachedWorkflows: 10,
  showStackTraceSources: true,
};

async function run() {
  Runtime.install(runtimeOptions);
  const connection = await NativeConnection.connect(connectionOptions());
  await connection.setMetadata({ team: 'billing' });
  const workflowSlots = new Counted<WorkflowSlotInfo>(20);
  const activitySlots = new Counted<ActivitySlotInfo>(2);
  const localSlots = new Counted<LocalActivitySlotInfo>(2);
  const tuner: WorkerTuner = {
    workflowTaskSlotSupplier: workflowSlots,
    activityTaskSlotSupplier: activitySlots,
    localActivityTaskSlotSupplier: localSlots,
    nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
  };
  /** Of the Worker with a tuner, by type. */
  const slotsUsed = async () =>
    [workflowSlots.used, activitySlots.used, localSlots.used].map((used) => used.length);
  const shared = {
    connection,
    workflowsPath: require.resolve('./workflows'),
    activities: { ...activities, slotsUsed },
    interceptors: { workflowModules: [require.resolve('@temporalio/worker/lib/workflow-log-interceptor')] },
  };
  const tuned = await Worker.create({ ...common, ...shared, taskQueue: 'settings-tuned', tuner });
  const plain = await Worker.create({
    ...shared,
    taskQueue: 'settings-plain',
    maxConcurrentActivityTaskExecutions: 2,
    maxConcurrentNexusTaskExecutions: 2,
    maxConcurrentNexusTaskPolls: 1,
  });
  await Promise.all([tuned.run(), plain.run()]);
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
