/**
 * Interceptors that trace with OpenTelemetry, by the names of Temporal's `@temporalio/interceptors-opentelemetry`. They work with
 * whatever the program has registered with OpenTelemetry's API, and need no package of it.
 * @module perdure/opentelemetry
 */

export {
  OpenTelemetryWorkflowClientInterceptor,
  OpenTelemetryWorkflowClientInterceptor as OpenTelemetryWorkflowClientCallsInterceptor,
} from './client.ts';
export { OpenTelemetryPlugin, type OpenTelemetryPluginOptions } from './plugin.ts';
export * from './worker.ts';
export * from './workflow.ts';
