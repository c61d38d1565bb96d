/** Names and shapes that traces of Temporal programs have: spans, the header that carries the place in a trace, the sink. */

import type { Sink, Sinks } from '../workflow/sinks.ts';

export { TRACE_HEADER } from '../common/trace-context.ts';

export const RUN_ID_ATTR_KEY = 'run_id';
export const WORKFLOW_ID_ATTR_KEY = 'temporalWorkflowId';
export const ACTIVITY_ID_ATTR_KEY = 'temporalActivityId';
export const UPDATE_ID_ATTR_KEY = 'temporalUpdateId';
export const TERMINATE_REASON_ATTR_KEY = 'temporalTerminateReason';

/** Between the kind of a span and what it is about. */
export const SPAN_DELIMITER = ':';

export const SpanName = {
  WORKFLOW_START: 'StartWorkflow',
  WORKFLOW_SIGNAL: 'SignalWorkflow',
  WORKFLOW_SIGNAL_WITH_START: 'SignalWithStartWorkflow',
  WORKFLOW_QUERY: 'QueryWorkflow',
  WORKFLOW_START_UPDATE: 'StartWorkflowUpdate',
  WORKFLOW_UPDATE_WITH_START: 'UpdateWithStartWorkflow',
  WORKFLOW_HANDLE_SIGNAL: 'HandleSignal',
  WORKFLOW_HANDLE_QUERY: 'HandleQuery',
  WORKFLOW_HANDLE_UPDATE: 'HandleUpdate',
  WORKFLOW_VALIDATE_UPDATE: 'ValidateUpdate',
  WORKFLOW_TERMINATE: 'TerminateWorkflow',
  WORKFLOW_CANCEL: 'CancelWorkflow',
  WORKFLOW_DESCRIBE: 'DescribeWorkflow',
  WORKFLOW_EXECUTE: 'RunWorkflow',
  CHILD_WORKFLOW_START: 'StartChildWorkflow',
  ACTIVITY_START: 'StartActivity',
  ACTIVITY_EXECUTE: 'RunActivity',
  CONTINUE_AS_NEW: 'ContinueAsNew',
} as const;
export type SpanName = (typeof SpanName)[keyof typeof SpanName];

/** What a propagator writes and reads: `traceparent`, `tracestate`, `baggage` … */
export type Carrier = Record<string, string>;

/** Seconds and nanoseconds. */
export type HrTime = [number, number];

export interface SerializableSpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
  traceState?: string;
}

/** A span of a workflow on its way to the Worker. */
export interface SerializableSpan {
  readonly name: string;
  readonly kind: number;
  readonly spanContext: SerializableSpanContext;
  readonly parentSpanId?: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: { code: number; message?: string };
  readonly attributes: Record<string, string | number | boolean>;
  readonly events: Array<{ name: string; time: HrTime; attributes: Record<string, string> }>;
}

export interface OpenTelemetryWorkflowExporter extends Sink {
  export(spans: SerializableSpan[]): void;
}
export interface OpenTelemetrySinks extends Sinks {
  exporter: OpenTelemetryWorkflowExporter;
}

/** The numbers of OpenTelemetry. */
export const STATUS = { unset: 0, ok: 1, error: 2 } as const;
export const INTERNAL = 0;
