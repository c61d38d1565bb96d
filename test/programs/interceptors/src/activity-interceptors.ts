import type { Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { current, extract } from './context';

export class ActivityTenant implements ActivityInboundCallsInterceptor {
  constructor(private readonly context: Context) {}

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const tenant = extract(input.headers);
    if (!tenant) throw new Error(`no tenant for ${this.context.info.activityType}`);
    return current.run(tenant, () => next(input));
  }
}
