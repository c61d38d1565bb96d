import {
  type ActivityInput,
  AsyncLocalStorage,
  condition,
  defaultPayloadConverter,
  defineQuery,
  defineSignal,
  type Headers,
  type Next,
  proxyActivities,
  proxySinks,
  type SignalInput,
  type Sinks,
  setHandler,
  type WorkflowExecuteInput,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptorsFactory,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import type * as activities from './activities';

export interface AuditSinks extends Sinks {
  audit: { write(text: string): void };
}
const { audit } = proxySinks<AuditSinks>();
const { whoAmI } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 1 },
});

export const go = defineSignal('go');
export const signalledBy = defineQuery<string[]>('signalledBy');
const seen: string[] = [];

export async function tenantOf(): Promise<string> {
  let gone = false;
  setHandler(go, () => {
    gone = true;
  });
  setHandler(signalledBy, () => seen);
  await condition(() => gone);
  const name = await whoAmI();
  audit.write(`for ${name}`);
  return name;
}

interface Tenant {
  name: string;
}
const tenant = new AsyncLocalStorage<Tenant>();
const read = (headers: Headers): Tenant | undefined =>
  headers.tenant && defaultPayloadConverter.fromPayload<Tenant>(headers.tenant);

class Inbound implements WorkflowInboundCallsInterceptor {
  async execute(
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const who = read(input.headers);
    return who ? tenant.run(who, () => next(input)) : next(input);
  }
  async handleSignal(
    input: SignalInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleSignal'>,
  ): Promise<void> {
    seen.push(`${input.signalName} by ${read(input.headers)?.name}`);
    return next(input);
  }
}

class Outbound implements WorkflowOutboundCallsInterceptor {
  async scheduleActivity(
    input: ActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ): Promise<unknown> {
    const who = tenant.getStore();
    const headers = who
      ? { ...input.headers, tenant: defaultPayloadConverter.toPayload(who)! }
      : input.headers;
    return next({ ...input, headers });
  }
  getLogAttributes(input: Record<string, unknown>): Record<string, unknown> {
    return { ...input, tenant: tenant.getStore()?.name };
  }
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [new Inbound()],
  outbound: [new Outbound()],
});
