/** What the program's parts agree on: the task queue, the header that carries the trace, and the shape of a span. */

import { defaultPayloadConverter, type Headers } from 'perdure/common';

export const TASK_QUEUE = 'opentelemetry-interceptors';

/** Headers are maps of payloads; the place in a trace is one of them, as a W3C `traceparent`. */
const HEADER = '_tracer-data';

/** A place in a trace: the span that what comes next is a child of. */
export interface Position {
  traceId: string;
  spanId: string;
}

/** A span that has ended. */
export interface Span extends Position {
  name: string;
  kind: 'client' | 'server' | 'internal';
  parentSpanId?: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, string>;
  /** Message of the error that ended it. */
  error?: string;
}

export function positionOf(headers: Headers): Position | undefined {
  const payload = headers[HEADER];
  if (!payload) return undefined;
  const { traceparent } = defaultPayloadConverter.fromPayload<{ traceparent: string }>(payload);
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(traceparent) ?? [];
  return traceId && spanId ? { traceId, spanId } : undefined;
}

export function withPosition<I extends { readonly headers: Headers }>(
  input: I,
  { traceId, spanId }: Position,
): I {
  const payload = defaultPayloadConverter.toPayload({ traceparent: `00-${traceId}-${spanId}-01` });
  return { ...input, headers: { ...input.headers, [HEADER]: payload } };
}

/** Where a span stands, what it is called, and who is told when it has ended. */
export interface SpanStart extends Pick<Span, 'name' | 'kind' | 'attributes'> {
  here: Position;
  parent: Position | undefined;
  ended: (span: Span) => void;
  /** Ends the call without being a failure. */
  isFailure?: (error: unknown) => boolean;
}

/** Calls `fn` as a span. */
export async function inSpan<T>(start: SpanStart, fn: () => Promise<T>): Promise<T> {
  const { here, parent, ended, isFailure = () => true, ...span } = start;
  const startMs = Date.now();
  const end = (error?: string): void => {
    const parentSpanId = parent?.spanId;
    ended({
      ...span,
      ...here,
      startMs,
      endMs: Date.now(),
      ...(parentSpanId && { parentSpanId }),
      ...(error !== undefined && { error }),
    });
  };
  try {
    const value = await fn();
    end();
    return value;
  } catch (error) {
    end(isFailure(error) ? String(error instanceof Error ? error.message : error) : undefined);
    throw error;
  }
}
