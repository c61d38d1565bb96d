/**
 * W3C Trace Context: where in a trace something is called from, as the header `traceparent` says it. Over HTTP it is a header
 * of the request; workflows and activities have it among the headers that travel beside their arguments.
 */

import type { HeaderJson } from './history-attributes.ts';
import { defaultPayloadConverter, type Headers, type PayloadJson, payloadToJson } from './payload.ts';

export interface TraceContext {
  traceId: string;
  spanId: string;
  /** Does whoever calls record the trace? Then so does whoever is called. */
  sampled: boolean;
}

export const TRACEPARENT = 'traceparent';
/** Of Temporal's OpenTelemetry interceptors: an object with all that a propagator writes. */
export const TRACE_HEADER = '_tracer-data';

const PATTERN = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;
const NOTHING = /^0+$/;

/** `undefined` for what is none. */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  const [, traceId, spanId, flags] = PATTERN.exec(text ?? '') ?? [];
  if (!traceId || !spanId || NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

export const traceparentOf = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** What the headers of a call carry. */
export function carriedTraceparent(header: HeaderJson | undefined): string | undefined {
  const { [TRACE_HEADER]: data, [TRACEPARENT]: plain } = header?.fields ?? {};
  const text = textIn(data, TRACEPARENT) ?? textIn(plain);
  return parseTraceparent(text) && text;
}

/** The headers with this place in a trace, unless they have one already. */
export function carryTraceparent(
  header: HeaderJson | undefined,
  traceparent: string | undefined,
): HeaderJson | undefined {
  const fields = header?.fields ?? {};
  if (traceparent === undefined || TRACEPARENT in fields || TRACE_HEADER in fields) return header;
  const payload = payloadToJson(defaultPayloadConverter.toPayload(traceparent));
  return { ...header, fields: { ...fields, [TRACEPARENT]: payload } };
}

/** For interceptors: what a propagator can read among the headers of a call. */
export function carrierIn({
  [TRACE_HEADER]: data,
  [TRACEPARENT]: plain,
}: Headers): Record<string, string> | undefined {
  if (data) return defaultPayloadConverter.fromPayload<Record<string, string>>(data);
  return plain && { [TRACEPARENT]: String(defaultPayloadConverter.fromPayload(plain)) };
}

function textIn(payload: PayloadJson | undefined, key?: string): string | undefined {
  // Most calls carry none.
  if (!payload?.data) return undefined;
  try {
    const value: unknown = JSON.parse(atob(payload.data));
    const text = key === undefined ? value : (value as Record<string, unknown>)[key];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
