/** Interceptors that programs once gave their Workers for logging, which Workers do by themselves now. Deprecated by Temporal. */

import type { Context } from '../activity/context.ts';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor } from '../activity/interceptors.ts';
import type { Next } from '../common/interceptors.ts';
import { type Logger, makeLogger, SdkComponent } from '../common/logger.ts';
import type {
  GetLogAttributesInput,
  WorkflowExecuteInput,
  WorkflowInboundCallsInterceptor,
  WorkflowOutboundCallsInterceptor,
} from '../workflow/interceptors.ts';
import { activityLogAttributes } from './log-names.ts';
import { Runtime } from './runtime.ts';

/** By itself without effect. With a logger of its own, or extended, it is where and how an activity's `log` writes. */
export class ActivityInboundLogInterceptor implements ActivityInboundCallsInterceptor {
  readonly ctx: Context;
  readonly logger: Logger;

  constructor(ctx: Context, logger?: Logger) {
    this.ctx = ctx;
    this.logger = logger ?? Runtime.instance().logger;
    const plain = Object.getPrototypeOf(this) === ActivityInboundLogInterceptor.prototype;
    if (plain && this.logger === Runtime.instance().logger) return;
    ctx.log = makeLogger('TRACE', (level, message, meta) =>
      this.logger.log(level, message, {
        sdkComponent: SdkComponent.activity,
        ...this.logAttributes(),
        ...meta,
      }),
    );
  }

  protected logAttributes(): Record<string, unknown> {
    return activityLogAttributes(this.ctx.info);
  }

  execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    return next(input);
  }
}

/** Without effect: workflows log by themselves. */
export class WorkflowLogInterceptor
  implements WorkflowInboundCallsInterceptor, WorkflowOutboundCallsInterceptor
{
  getLogAttributes(
    input: GetLogAttributesInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    return next(input);
  }

  execute(
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    return next(input);
  }
}

/** Its older name. */
export const WorkflowInboundLogInterceptor = WorkflowLogInterceptor;
