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
export {
  appendDefaultInterceptors,
  defaultWorkflowInterceptorModules,
  type WorkerInterceptors,
} from './interceptors.ts';
export { ActivityInboundLogInterceptor } from './log-interceptors.ts';
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
export {
  type CustomSlotSupplier,
  type FixedSizeSlotSupplier,
  ResourceBasedController,
  type ResourceBasedSlotOptions,
  type ResourceBasedSlotsForType,
  type ResourceBasedTuner,
  type ResourceBasedTunerOptions,
  type SlotSupplier,
  type TunerHolder,
  type WorkerTuner,
} from './tuner.ts';
