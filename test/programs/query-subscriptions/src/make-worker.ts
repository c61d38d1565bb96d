import type { InjectedSinks, WorkerOptions } from '@temporalio/worker';
import { bus } from './store';
import type { SubscriptionSinks } from './subscriptions';
export const sinks: InjectedSinks<SubscriptionSinks> = {
  subscriptions: {
    publish: {
      fn(info, channel, version, patches) {
        bus.emit('publish', { channel, version, patches, runId: info.runId });
      },
      callDuringReplay: false,
    },
  },
};
export const options = {
  workflowsPath: require.resolve('./workflows'),
  interceptors: { workflowModules: [require.resolve('./subscriptions')] },
  sinks,
} satisfies Partial<WorkerOptions>;
