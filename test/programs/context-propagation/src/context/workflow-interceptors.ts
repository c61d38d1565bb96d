import {
  type ActivityInput,
  AsyncLocalStorage,
  type ContinueAsNewInput,
  type GetLogAttributesInput,
  type LocalActivityInput,
  type Next,
  type QueryInput,
  type SignalInput,
  type StartChildWorkflowExecutionInput,
  type UpdateInput,
  type WorkflowExecuteInput,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { extractContextHeader, injectContextHeader, type PropagatedContext } from './context-type';

const storage = new AsyncLocalStorage<PropagatedContext>();
export const getContext = (): PropagatedContext => storage.getStore() ?? {};

class ContextWorkflowInterceptor
  implements WorkflowInboundCallsInterceptor, WorkflowOutboundCallsInterceptor
{
  async execute(
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    return await storage.run(extractContextHeader(input.headers) ?? {}, () => next(input));
  }
  async handleSignal(
    input: SignalInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleSignal'>,
  ): Promise<void> {
    return await storage.run(extractContextHeader(input.headers) ?? {}, () => next(input));
  }
  async handleQuery(
    input: QueryInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleQuery'>,
  ): Promise<unknown> {
    return await storage.run(extractContextHeader(input.headers) ?? {}, () => next(input));
  }
  async handleUpdate(
    input: UpdateInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleUpdate'>,
  ): Promise<unknown> {
    return await storage.run(extractContextHeader(input.headers) ?? {}, () => next(input));
  }
  validateUpdate(input: UpdateInput, next: Next<WorkflowInboundCallsInterceptor, 'validateUpdate'>): void {
    storage.run(extractContextHeader(input.headers) ?? {}, () => next(input));
  }
  async scheduleActivity(
    input: ActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ): Promise<unknown> {
    return await next({ ...input, headers: injectContextHeader(input.headers, storage.getStore()) });
  }
  async scheduleLocalActivity(
    input: LocalActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleLocalActivity'>,
  ): Promise<unknown> {
    return await next({ ...input, headers: injectContextHeader(input.headers, storage.getStore()) });
  }
  async startChildWorkflowExecution(
    input: StartChildWorkflowExecutionInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'startChildWorkflowExecution'>,
  ): Promise<[Promise<string>, Promise<unknown>]> {
    return await next({ ...input, headers: injectContextHeader(input.headers, storage.getStore()) });
  }
  async continueAsNew(
    input: ContinueAsNewInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'continueAsNew'>,
  ): Promise<never> {
    return await next({ ...input, headers: injectContextHeader(input.headers, storage.getStore()) });
  }
  getLogAttributes(
    input: GetLogAttributesInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    return next({ ...input, ...storage.getStore() });
  }
}

export const interceptors = (): WorkflowInterceptors => {
  const interceptor = new ContextWorkflowInterceptor();
  return { inbound: [interceptor], outbound: [interceptor] };
};
