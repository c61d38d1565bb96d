/**
 * Workers on Cloudflare. For Node: `perdure/worker/node`; for the build: `perdure/worker/build`.
 * @module perdure/worker
 */

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
export { defaultLogger, type Logger, type LogLevel, type LogMetadata } from '../common/logger.ts';
export { ActivityHost } from './activity-host.ts';
export {
  type CloudflareWorker,
  type CloudflareWorkerOptions,
  createWorker,
  type EngineBinding,
} from './cloudflare.ts';
export type { WorkerInterceptors } from './interceptors.ts';
export { type BufferedMetricUpdate, MetricsBuffer, type MetricsBufferOptions } from './metrics-buffer.ts';
export type { WorkerOptions } from './options.ts';
export { type CallContext, createHandler, type Handler, type HandlerOptions } from './serve.ts';
export type { InjectedSink, InjectedSinkFunction, InjectedSinks } from './sinks.ts';
