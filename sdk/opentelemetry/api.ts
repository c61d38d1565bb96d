/**
 * OpenTelemetry as the program has set it up. Its API keeps what is registered in one place of the process, under a name that is
 * part of its contract between versions; it is read from there, so that this SDK depends on no version of it.
 */

import { ApplicationFailure } from '../common/failure.ts';
import { defaultPayloadConverter, type Headers } from '../common/payload.ts';
import { carrierIn } from '../common/trace-context.ts';
import { type Carrier, STATUS, TRACE_HEADER } from './span.ts';

interface Context {
  getValue(key: symbol): unknown;
}
interface Span {
  setAttribute(key: string, value: string): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  recordException(error: Error | string): unknown;
  spanContext(): { traceId: string; spanId: string; traceFlags: number };
  end(): void;
}
interface Tracer {
  startActiveSpan<T>(name: string, fn: (span: Span) => T): T;
}
interface Registered {
  trace?: { getTracer(name: string): Tracer };
  context?: { active(): Context; with<T>(context: Context, fn: () => T): T };
  propagation?: {
    inject(context: Context, carrier: Carrier, setter: object): void;
    extract(context: Context, carrier: Carrier, getter: object): Context;
  };
}

const REGISTERED = Symbol.for('opentelemetry.js.api.1');
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN');

const api = (): Registered => (globalThis as { [REGISTERED]?: Registered })[REGISTERED] ?? {};

export interface InterceptorOptions {
  /** A `Tracer` of OpenTelemetry. Default: that of the provider that is registered. */
  readonly tracer?: object;
}

export interface TracedCall<T> {
  tracer: object | undefined;
  tracerName: string;
  spanName: string;
  /** Where the call comes from in the trace. Default: where the calling code stands. */
  headers?: Headers;
  attributes: Record<string, string | undefined>;
  fn: (setAttribute: (key: string, value: string | undefined) => void) => Promise<T>;
  /** Errors that are no failures. */
  isAcceptable?: (error: unknown) => boolean;
}

/** Makes a call as a span. Where no tracer is registered it is made all the same. */
export async function tracedCall<T>(call: TracedCall<T>): Promise<T> {
  const { context, propagation, trace } = api();
  const tracer = (call.tracer as Tracer | undefined) ?? trace?.getTracer(call.tracerName);
  if (!tracer) return call.fn(() => undefined);
  const run = (): Promise<T> => tracer.startActiveSpan(call.spanName, (span) => inSpan(span, call));
  const carrier = call.headers && carrierIn(call.headers);
  if (!carrier || !context || !propagation) return run();
  return context.with(propagation.extract(context.active(), carrier, getter), run);
}

async function inSpan<T>(span: Span, { fn, attributes, isAcceptable }: TracedCall<T>): Promise<T> {
  const setAttribute = (key: string, value: string | undefined): void => {
    if (value) span.setAttribute(key, value);
  };
  for (const [key, value] of Object.entries(attributes)) setAttribute(key, value);
  try {
    const value = await fn(setAttribute);
    span.setStatus({ code: STATUS.ok });
    return value;
  } catch (error) {
    if (isAcceptable?.(error)) span.setStatus({ code: STATUS.ok });
    else fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const benign = error instanceof ApplicationFailure && error.category === 'BENIGN';
  const message = error instanceof Error ? error.message : String(error);
  span.setStatus({ code: benign ? STATUS.unset : STATUS.error, message });
  span.recordException(error instanceof Error ? error : message);
}

const setter = {
  set: (carrier: Carrier, key: string, value: string) => void Object.assign(carrier, { [key]: value }),
};
const getter = {
  get: (carrier: Carrier, key: string): string | undefined => carrier[key],
  keys: (carrier: Carrier): string[] => Object.keys(carrier),
};

/** The headers with the place that the calling code has in the trace. */
export function headersWithContext(headers: Headers): Headers {
  const { context, propagation } = api();
  if (!context || !propagation) return headers;
  const carrier: Carrier = {};
  propagation.inject(context.active(), carrier, setter);
  if (Object.keys(carrier).length === 0) return headers;
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) };
}

/** What log lines of the calling code say of the trace. */
export function traceAttributes(): Record<string, string> {
  const span = api().context?.active().getValue(SPAN_KEY) as Span | undefined;
  if (!span) return {};
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, '0') };
}
