import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/workflow';
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  log,
  proxyActivities,
  setHandler,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: '5 minutes' });

export const unblock = defineSignal('unblock');
export const blocked = defineQuery<boolean>('blocked');
export const rename = defineUpdate<string, [string]>('rename');

export async function example(name: string): Promise<string> {
  let isBlocked = true;
  let current = name;
  setHandler(unblock, () => {
    isBlocked = false;
  });
  setHandler(blocked, () => isBlocked);
  setHandler(
    rename,
    (to) => {
      current = to;
      return to;
    },
    { validator: (to) => void to.length },
  );
  await condition(() => !isBlocked);
  log.info('Unblocked');
  return await executeChild(child, { args: [current] });
}

export async function child(name: string): Promise<string> {
  return await greet(name);
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [new OpenTelemetryInboundInterceptor()],
  outbound: [new OpenTelemetryOutboundInterceptor()],
  internals: [new OpenTelemetryInternalsInterceptor()],
});
