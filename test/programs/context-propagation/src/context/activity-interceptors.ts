import type { Context } from '@temporalio/activity';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptors,
  ActivityOutboundCallsInterceptor,
  GetLogAttributesInput,
  Next,
} from '@temporalio/worker';
import { getContext, withContext } from './context-injection';
import { extractContextHeader } from './context-type';

class ContextActivityInterceptor
  implements ActivityInboundCallsInterceptor, ActivityOutboundCallsInterceptor
{
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    return await withContext(extractContextHeader(input.headers) ?? {}, () => next(input));
  }
  getLogAttributes(
    input: GetLogAttributesInput,
    next: Next<ActivityOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    return next({ ...input, ...getContext() });
  }
}

export function newContextActivityInterceptor(_ctx: Context): ActivityInterceptors {
  const interceptor = new ContextActivityInterceptor();
  return { inbound: interceptor, outbound: interceptor };
}
