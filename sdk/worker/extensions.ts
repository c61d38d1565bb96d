/** Exports of `perdure/worker/node` beside its Worker: what plugs into it, and types of its options. */

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
export { startDebugReplayer } from './debug-replayer.ts';
export type { DNSLoadBalancingConfig, GrpcCompressionConfig } from './ignored-options.ts';
export {
  appendDefaultInterceptors,
  defaultWorkflowInterceptorModules,
  type WorkerInterceptors,
} from './interceptors.ts';
export {
  ActivityInboundLogInterceptor,
  WorkflowInboundLogInterceptor,
  WorkflowLogInterceptor,
} from './log-interceptors.ts';
export {
  activityLogAttributes,
  defaultSinks,
  workflowLogAttributes,
} from './log-names.ts';
export { type BufferedMetricUpdate, MetricsBuffer, type MetricsBufferOptions } from './metrics-buffer.ts';
export type { WorkerDeploymentOptions } from './options.ts';
export type { BundlerPlugin, WorkerPlugin } from './plugins.ts';
export type { InjectedSink, InjectedSinkFunction, InjectedSinks } from './sinks.ts';
export type { SourcePlace } from './source-place.ts';
export type {
  ConsoleLogger,
  ForwardLogger,
  LogExporterConfig,
  MetricsExporterConfig,
  OtelCollectorExporter,
  PrometheusMetricsExporter,
} from './telemetry-options.ts';
export { makeTelemetryFilterString, type TelemetryOptions } from './telemetry-options.ts';
export {
  type ActivitySlotInfo,
  type CustomSlotSupplier,
  type FixedSizeSlotSupplier,
  type LocalActivitySlotInfo,
  ResourceBasedController,
  type ResourceBasedSlotOptions,
  type ResourceBasedSlotsForType,
  type ResourceBasedTuner,
  type ResourceBasedTunerOptions,
  type ResourceBasedTunerWithController,
  type SlotInfo,
  type SlotMarkUsedContext,
  type SlotPermit,
  type SlotReleaseContext,
  type SlotReserveContext,
  type SlotSupplier,
  type TunerHolder,
  type WorkerTuner,
  type WorkflowSlotInfo,
} from './tuner.ts';
