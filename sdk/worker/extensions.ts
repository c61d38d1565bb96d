/** What is exported for what plugs into a Worker: interceptors, sinks, metrics. */

export type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInboundCallsInterceptorFactory,
  ActivityInterceptors,
  ActivityInterceptorsFactory,
  ActivityOutboundCallsInterceptor,
  GetLogAttributesInput,
  GetMetricTagsInput,
} from '../activity/interceptors.ts';
export type { Next } from '../common/interceptors.ts';
export type { Headers } from '../common/payload.ts';
export type { LoggerSinks } from '../workflow/log.ts';
export type { PatchActivationCallback, PatchActivationInput } from '../workflow/runtime/patches.ts';
export { appendDefaultInterceptors, type WorkerInterceptors } from './interceptors.ts';
export {
  activityLogAttributes,
  defaultSinks,
  workflowLogAttributes,
} from './log-names.ts';
export { type BufferedMetricUpdate, MetricsBuffer, type MetricsBufferOptions } from './metrics-buffer.ts';
export type { InjectedSink, InjectedSinkFunction, InjectedSinks } from './sinks.ts';
