import type {
  Next,
  WorkflowClientInterceptor,
  WorkflowQueryInput,
  WorkflowSignalInput,
  WorkflowSignalWithStartInput,
  WorkflowStartInput,
  WorkflowStartUpdateInput,
} from '@temporalio/client';
import { getContext } from './context-injection';
import { injectContextHeader } from './context-type';

export class ContextClientInterceptor implements WorkflowClientInterceptor {
  async start(input: WorkflowStartInput, next: Next<WorkflowClientInterceptor, 'start'>): Promise<string> {
    return await next({ ...input, headers: injectContextHeader(input.headers, getContext()) });
  }
  async signal(input: WorkflowSignalInput, next: Next<WorkflowClientInterceptor, 'signal'>): Promise<void> {
    return await next({ ...input, headers: injectContextHeader(input.headers, getContext()) });
  }
  async signalWithStart(
    input: WorkflowSignalWithStartInput,
    next: Next<WorkflowClientInterceptor, 'signalWithStart'>,
  ): Promise<string> {
    return await next({ ...input, headers: injectContextHeader(input.headers, getContext()) });
  }
  async query(input: WorkflowQueryInput, next: Next<WorkflowClientInterceptor, 'query'>): Promise<unknown> {
    return await next({ ...input, headers: injectContextHeader(input.headers, getContext()) });
  }
  async startUpdate(input: WorkflowStartUpdateInput, next: Next<WorkflowClientInterceptor, 'startUpdate'>) {
    return await next({ ...input, headers: injectContextHeader(input.headers, getContext()) });
  }
}
