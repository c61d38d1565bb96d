/**
 * Tracing inside of workflows: interceptors that go on with the trace of the headers, hand it on to what the workflow starts, and
 * send finished spans to the Worker through a sink, once and not in replays. Ids are derived from the run's, so that a replay
 * finds the same ones and the workflow's own random numbers stay what they are.
 * @module perdure/opentelemetry/workflow
 */

import { ApplicationFailure } from '../common/failure.ts';
import { defaultPayloadConverter, type Headers } from '../common/payload.ts';
import { carrierIn } from '../common/trace-context.ts';
import * as wf from '../workflow/index.ts';
import {
  type Carrier,
  type HrTime,
  INTERNAL,
  type OpenTelemetrySinks,
  type SerializableSpan,
  type SerializableSpanContext,
  SPAN_DELIMITER,
  SpanName,
  STATUS,
  TRACE_HEADER,
  UPDATE_ID_ATTR_KEY,
} from './span.ts';

export * from './span.ts';

/** Where the running code stands in the trace. */
interface Place {
  readonly span: SerializableSpanContext;
  /** What else the headers carried (`baggage`), and is handed on. */
  readonly carrier: Carrier;
  children: number;
}

interface SpanOptions {
  parent: Place | undefined;
  /** Tells this span from its siblings. Default: their number. */
  label?: string;
  attributes?: SerializableSpan['attributes'];
}

const places = new wf.AsyncLocalStorage<Place>();
const { exporter } = wf.proxySinks<OpenTelemetrySinks>();

function nameOf(kind: SpanName, what: string): string {
  return `${kind}${SPAN_DELIMITER}${what}`;
}

/** Begins a span; what is returned ends it. */
function begin(name: string, { parent, label, attributes = {} }: SpanOptions) {
  const { runId } = wf.workflowInfo();
  const startTime = now();
  const number = parent ? parent.children++ : 0;
  const from = `${runId}/${parent?.span.spanId ?? ''}/${label ?? number}/${name}`;
  const span = {
    traceId: parent?.span.traceId ?? runId.replaceAll('-', ''),
    spanId: hash64(from),
    traceFlags: parent?.span.traceFlags ?? 1,
    ...(parent?.span.traceState && { traceState: parent.span.traceState }),
  };
  const place: Place = { span, carrier: parent?.carrier ?? {}, children: 0 };
  const end = (status: SerializableSpan['status'], error?: unknown): void => {
    const endTime = now();
    exporter.export([
      {
        ...{ name, kind: INTERNAL, spanContext: span, startTime, endTime, status },
        ...(parent && { parentSpanId: parent.span.spanId }),
        duration: [endTime[0] - startTime[0], endTime[1] - startTime[1]],
        attributes: { run_id: runId, ...attributes },
        events: error instanceof Error ? [exceptionEvent(error, endTime)] : [],
      },
    ]);
  };
  return { place, end };
}

async function traced<T>(name: string, options: SpanOptions, fn: () => Promise<T>): Promise<T> {
  const { place, end } = begin(name, options);
  try {
    const value = await places.run(place, fn);
    end({ code: STATUS.ok });
    return value;
  } catch (error) {
    endWithError(end, error);
    throw error;
  }
}

function endWithError(
  end: (status: SerializableSpan['status'], error?: unknown) => void,
  error: unknown,
): void {
  if (error instanceof wf.ContinueAsNew) {
    end({ code: STATUS.ok });
    return;
  }
  const benign = error instanceof ApplicationFailure && error.category === 'BENIGN';
  const message = error instanceof Error ? error.message : String(error);
  end({ code: benign ? STATUS.unset : STATUS.error, message }, error);
}

function exceptionEvent(error: Error, time: HrTime): SerializableSpan['events'][number] {
  const attributes = {
    'exception.type': error.name,
    'exception.message': error.message,
    'exception.stacktrace': error.stack ?? '',
  };
  return { name: 'exception', time, attributes };
}

/** The place that the headers name. */
function placeOf(headers: Headers): Place | undefined {
  const carrier = carrierIn(headers);
  if (!carrier) return undefined;
  const parsed = /^\w\w-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(carrier.traceparent ?? '');
  if (!parsed) return undefined;
  const [, traceId, spanId, flags] = parsed as unknown as [string, string, string, string];
  const { tracestate: traceState } = carrier;
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), ...(traceState && { traceState }) };
  return { span, carrier, children: 0 };
}

function withPlace(headers: Headers): Headers {
  const place = places.getStore();
  if (!place) return headers;
  const { traceId, spanId } = place.span;
  const traceparent = `00-${traceId}-${spanId}-${flagsOf(place.span)}`;
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload({ ...place.carrier, traceparent }) };
}

const flagsOf = ({ traceFlags }: SerializableSpanContext): string => traceFlags.toString(16).padStart(2, '0');

/** By the workflow's clock. */
function now(): HrTime {
  const ms = Date.now();
  return [Math.trunc(ms / 1_000), (ms % 1_000) * 1_000_000];
}

/** 64 bits as 16 hexadecimal digits, never all zero. */
function hash64(text: string): string {
  return hash32(text, 0x811c9dc5) + hash32(text, 0x1b873593 ^ text.length);
}

function hash32(text: string, seed: number): string {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13) || 1) >>> 0).toString(16).padStart(8, '0');
}

export class OpenTelemetryInboundInterceptor implements wf.WorkflowInboundCallsInterceptor {
  execute(
    input: wf.WorkflowExecuteInput,
    next: wf.Next<wf.WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const name = nameOf(SpanName.WORKFLOW_EXECUTE, wf.workflowInfo().workflowType);
    return traced(name, { parent: placeOf(input.headers) }, () => next(input));
  }

  handleSignal(
    input: wf.SignalInput,
    next: wf.Next<wf.WorkflowInboundCallsInterceptor, 'handleSignal'>,
  ): Promise<void> {
    const label = `${wf.workflowInfo().historyLength}`;
    const options = { parent: placeOf(input.headers), label };
    return traced(nameOf(SpanName.WORKFLOW_HANDLE_SIGNAL, input.signalName), options, () => next(input));
  }

  handleUpdate(
    input: wf.UpdateInput,
    next: wf.Next<wf.WorkflowInboundCallsInterceptor, 'handleUpdate'>,
  ): Promise<unknown> {
    const name = nameOf(SpanName.WORKFLOW_HANDLE_UPDATE, input.name);
    return traced(name, updateOptions(input), () => next(input));
  }

  validateUpdate(
    input: wf.UpdateInput,
    next: wf.Next<wf.WorkflowInboundCallsInterceptor, 'validateUpdate'>,
  ): void {
    const { place, end } = begin(nameOf(SpanName.WORKFLOW_VALIDATE_UPDATE, input.name), updateOptions(input));
    try {
      places.run(place, () => next(input));
      end({ code: STATUS.ok });
    } catch (error) {
      endWithError(end, error);
      throw error;
    }
  }

  handleQuery(
    input: wf.QueryInput,
    next: wf.Next<wf.WorkflowInboundCallsInterceptor, 'handleQuery'>,
  ): Promise<unknown> {
    const name = nameOf(SpanName.WORKFLOW_HANDLE_QUERY, input.queryName);
    return traced(name, { parent: placeOf(input.headers) }, () => next(input));
  }
}

function updateOptions({ headers, updateId }: wf.UpdateInput): SpanOptions {
  return { parent: placeOf(headers), label: updateId, attributes: { [UPDATE_ID_ATTR_KEY]: updateId } };
}

/** A call that goes out: a span of its own, and the headers say so. */
function sent<I extends { readonly headers: Headers }, T>(
  kind: SpanName,
  what: string,
  input: I,
  next: (input: I) => Promise<T>,
): Promise<T> {
  return traced(nameOf(kind, what), { parent: places.getStore() }, () =>
    next({ ...input, headers: withPlace(input.headers) }),
  );
}

export class OpenTelemetryOutboundInterceptor implements wf.WorkflowOutboundCallsInterceptor {
  scheduleActivity(
    input: wf.ActivityInput,
    next: wf.Next<wf.WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ): Promise<unknown> {
    return sent(SpanName.ACTIVITY_START, input.activityType, input, next);
  }

  scheduleLocalActivity(
    input: wf.LocalActivityInput,
    next: wf.Next<wf.WorkflowOutboundCallsInterceptor, 'scheduleLocalActivity'>,
  ): Promise<unknown> {
    return sent(SpanName.ACTIVITY_START, input.activityType, input, next);
  }

  startChildWorkflowExecution(
    input: wf.StartChildWorkflowExecutionInput,
    next: wf.Next<wf.WorkflowOutboundCallsInterceptor, 'startChildWorkflowExecution'>,
  ): Promise<[Promise<string>, Promise<unknown>]> {
    return sent(SpanName.CHILD_WORKFLOW_START, input.workflowType, input, next);
  }

  continueAsNew(
    input: wf.ContinueAsNewInput,
    next: wf.Next<wf.WorkflowOutboundCallsInterceptor, 'continueAsNew'>,
  ): Promise<never> {
    return sent(SpanName.CONTINUE_AS_NEW, input.options.workflowType, input, next);
  }

  signalWorkflow(
    input: wf.SignalWorkflowInput,
    next: wf.Next<wf.WorkflowOutboundCallsInterceptor, 'signalWorkflow'>,
  ): Promise<void> {
    return sent(SpanName.WORKFLOW_SIGNAL, input.signalName, input, next);
  }

  getLogAttributes(
    input: wf.GetLogAttributesInput,
    next: wf.Next<wf.WorkflowOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    const place = places.getStore();
    if (!place) return next(input);
    const { traceId, spanId } = place.span;
    return next({ trace_id: traceId, span_id: spanId, trace_flags: flagsOf(place.span), ...input });
  }
}

/** Here because programs name it: there is nothing to clean up behind a run. */
export class OpenTelemetryInternalsInterceptor implements wf.WorkflowInternalsInterceptor {
  dispose(input: wf.DisposeInput, next: wf.Next<wf.WorkflowInternalsInterceptor, 'dispose'>): void {
    next(input);
  }
}
