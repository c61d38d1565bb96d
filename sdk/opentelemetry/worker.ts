/**
 * Tracing in a Worker: activities are spans, and those of workflows come out of a sink and go to an exporter.
 * @module perdure/opentelemetry/worker
 */

import type { Context } from '../activity/context.ts';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityOutboundCallsInterceptor,
  GetLogAttributesInput,
} from '../activity/interceptors.ts';
import { CompleteAsyncError } from '../common/errors.ts';
import type { Next } from '../common/interceptors.ts';
import type { InjectedSink } from '../worker/sinks.ts';
import { type InterceptorOptions, traceAttributes, tracedCall } from './api.ts';
import {
  ACTIVITY_ID_ATTR_KEY,
  type OpenTelemetryWorkflowExporter,
  RUN_ID_ATTR_KEY,
  type SerializableSpan,
  type SerializableSpanContext,
  SPAN_DELIMITER,
  SpanName,
  WORKFLOW_ID_ATTR_KEY,
} from './span.ts';

export type { InterceptorOptions } from './api.ts';

export class OpenTelemetryActivityInboundInterceptor implements ActivityInboundCallsInterceptor {
  readonly #context: Context;
  readonly #tracer: object | undefined;
  constructor(context: Context, options: InterceptorOptions = {}) {
    this.#context = context;
    this.#tracer = options.tracer;
  }

  execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const { activityType, activityId, workflowExecution } = this.#context.info;
    return tracedCall({
      tracer: this.#tracer,
      tracerName: '@temporalio/interceptor-activity',
      spanName: `${SpanName.ACTIVITY_EXECUTE}${SPAN_DELIMITER}${activityType}`,
      headers: input.headers,
      attributes: {
        [ACTIVITY_ID_ATTR_KEY]: activityId,
        [WORKFLOW_ID_ATTR_KEY]: workflowExecution?.workflowId,
        [RUN_ID_ATTR_KEY]: workflowExecution?.runId,
      },
      fn: () => next(input),
      isAcceptable: (error) => error instanceof CompleteAsyncError,
    });
  }
}

/** Log lines of activities say where they stand in the trace. */
export class OpenTelemetryActivityOutboundInterceptor implements ActivityOutboundCallsInterceptor {
  // biome-ignore lint/complexity/noUselessConstructor: programs hand the context over, as to the inbound one
  constructor(_context?: Context) {}

  getLogAttributes(
    input: GetLogAttributesInput,
    next: Next<ActivityOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    return next({ ...traceAttributes(), ...input });
  }
}

/** What is used of OpenTelemetry's `SpanProcessor`. */
export interface SpanProcessorLike {
  onEnd(span: never): void;
}
/** What is used of OpenTelemetry's `SpanExporter`. */
export interface SpanExporterLike {
  export(spans: never[], resultCallback: (result: never) => void): void;
}

/**
 * The sink `exporter` that spans of workflows come out of.
 * @param target a `SpanProcessor` or, as before, a `SpanExporter`
 * @param resource what the spans are of, a `Resource`
 */
export function makeWorkflowExporter(
  target: SpanProcessorLike | SpanExporterLike,
  resource: object,
): InjectedSink<OpenTelemetryWorkflowExporter> {
  return {
    export: {
      fn: (info, serialized) => {
        const plain = Object.entries(info).filter(([, value]) => /string|number|boolean/.test(typeof value));
        const spans = serialized.map((span) =>
          readable(span, Object.fromEntries(plain), resource),
        ) as never[];
        if ('onEnd' in target) for (const span of spans) target.onEnd(span);
        else target.export(spans, () => undefined);
      },
    },
  };
}

/** A `ReadableSpan`, of the first and of the second generation of OpenTelemetry's SDK. */
function readable(span: SerializableSpan, info: Record<string, unknown>, resource: object): object {
  const { spanContext, parentSpanId, attributes, ...rest } = span;
  const scope = { name: '@temporalio/interceptor-workflow' };
  const context = contextOf(spanContext);
  return {
    ...rest,
    resource,
    spanContext: () => context,
    ...(parentSpanId && { parentSpanId, parentSpanContext: { ...context, spanId: parentSpanId } }),
    attributes: { ...attributes, ...info },
    ...{ links: [], ended: true },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
    ...{ instrumentationLibrary: scope, instrumentationScope: scope },
  };
}

function contextOf({ traceState, ...rest }: SerializableSpanContext): object {
  return { ...rest, ...(traceState && { traceState: { serialize: () => traceState } }) };
}
