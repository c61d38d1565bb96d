/**
 * A run as a trace, made of its history when it has closed: nothing is measured while it runs, and nothing is lost when the
 * engine dies meanwhile. Ids come from the run and the event, so that a trace that is sent twice is there once. It goes on
 * from the caller's trace where the start carried a W3C `traceparent`. Ids and types only: no payload, no message.
 */

import { createHash } from 'node:crypto';
import { type EpochMs, fromTimestampJson } from '../../sdk/common/duration.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import { type AttributeValue, attributesOf, nanos, resourceOf } from './otlp.ts';

export interface TraceContext {
  traceId: string;
  spanId: string;
}
interface Span extends TraceContext {
  parentSpanId?: string;
  name: string;
  kind: number;
  start: EpochMs;
  end: EpochMs;
  failed: boolean;
  attributes: Record<string, AttributeValue | undefined>;
}
export interface TracedRun {
  namespace: string;
  workflowId: string;
  runId: string;
}

const INTERNAL = 1;
const CLIENT = 3;
const OK = 1;
const ERROR = 2;
/** A trace of more would be refused by most who take them. */
export const MAX_SPANS = 1_000;
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/;
const NOTHING = /^0+$/;

type Attributes = Record<string, unknown>;

/** `undefined` for what is none. */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(text ?? '') ?? [];
  return traceId && spanId && !NOTHING.test(traceId) && !NOTHING.test(spanId)
    ? { traceId, spanId }
    : undefined;
}

export const traceparentOf = ({ traceId, spanId }: TraceContext): string => `00-${traceId}-${spanId}-01`;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const spanIdOf = (runId: string, eventId: string): string => digest(`${runId}/${eventId}`).slice(0, 16);

/** Of the start: the caller's trace, or one of the run's own; all runs of a chain share it. */
export function contextOf(started: HistoryEvent): { traceId: string; parentSpanId?: string } {
  const { header, firstExecutionRunId = '' } = attributesIn(started) as {
    header?: { fields?: Record<string, PayloadJson> };
    firstExecutionRunId?: string;
  };
  const fields = header?.fields ?? {};
  // Temporal's OpenTelemetry interceptors carry an object of headers; HTTP carries the header itself.
  const carried = textIn(fields['_tracer-data'], 'traceparent') ?? textIn(fields.traceparent);
  const parent = parseTraceparent(carried);
  if (parent) return { traceId: parent.traceId, parentSpanId: parent.spanId };
  return { traceId: digest(firstExecutionRunId).slice(0, 32) };
}

function textIn(payload: PayloadJson | undefined, key?: string): string | undefined {
  try {
    const value: unknown = JSON.parse(atob(payload?.data ?? ''));
    const text = key === undefined ? value : (value as Record<string, unknown>)[key];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

function attributesIn(event: HistoryEvent): Attributes {
  const found = Object.entries(event).find(([key]) => key.endsWith('EventAttributes'));
  return (found?.[1] ?? {}) as Attributes;
}

const nameIn = (value: unknown): string => String((value as { name?: string } | undefined)?.name ?? '');

/** Events that open something, and what the span of it is called. */
const opens: Record<string, (attributes: Attributes) => Pick<Span, 'name' | 'kind' | 'attributes'>> = {
  ACTIVITY_TASK_SCHEDULED: ({ activityType, activityId, taskQueue }) => ({
    name: `RunActivity:${nameIn(activityType)}`,
    kind: CLIENT,
    attributes: { temporalActivityID: String(activityId), taskQueue: nameIn(taskQueue) },
  }),
  TIMER_STARTED: ({ timerId }) => ({
    name: 'Timer',
    kind: INTERNAL,
    attributes: { timerID: String(timerId) },
  }),
  START_CHILD_WORKFLOW_EXECUTION_INITIATED: ({ workflowType, workflowId }) => ({
    name: `StartChildWorkflow:${nameIn(workflowType)}`,
    kind: CLIENT,
    attributes: { temporalWorkflowID: String(workflowId) },
  }),
};
/** Which field of the event that ends it names the one that opened it. */
const OPENED_BY = ['scheduledEventId', 'startedEventId', 'initiatedEventId'] as const;
const ENDS =
  /^(ACTIVITY_TASK|TIMER|CHILD_WORKFLOW_EXECUTION)_(COMPLETED|FAILED|TIMED_OUT|CANCELED|TERMINATED|FIRED)$/;

export function spansOf(
  { namespace, workflowId, runId }: TracedRun,
  events: readonly HistoryEvent[],
): Span[] {
  const [started] = events;
  const closed = events.at(-1);
  if (!started || !closed) return [];
  const { traceId, parentSpanId } = contextOf(started);
  const root = spanIdOf(runId, '1');
  const ids = { temporalWorkflowID: workflowId, temporalRunID: runId };
  const type = nameIn(attributesIn(started).workflowType);
  const spans: Span[] = [
    {
      traceId,
      spanId: root,
      ...(parentSpanId && { parentSpanId }),
      name: `RunWorkflow:${type}`,
      kind: INTERNAL,
      start: timeOf(started),
      end: timeOf(closed),
      failed: /_(FAILED|TIMED_OUT|TERMINATED)$/.test(closed.eventType),
      attributes: { ...ids, namespace, status: shortType(closed).replace('WORKFLOW_EXECUTION_', '') },
    },
  ];
  const open = new Map<string, Span>();
  for (const event of events) {
    const opening = opens[shortType(event)];
    if (opening && spans.length + open.size < MAX_SPANS) {
      const start = timeOf(event);
      const { attributes, ...named } = opening(attributesIn(event));
      open.set(event.eventId, {
        ...named,
        traceId,
        spanId: spanIdOf(runId, event.eventId),
        parentSpanId: root,
        start,
        end: timeOf(closed),
        failed: false,
        attributes: { ...ids, ...attributes },
      });
    }
    const [, , outcome] = ENDS.exec(shortType(event)) ?? [];
    if (outcome === undefined) continue;
    const attributes = attributesIn(event);
    const key = OPENED_BY.map((name) => attributes[name]).find((id) => open.has(String(id)));
    const span = open.get(String(key));
    if (!span) continue;
    open.delete(String(key));
    spans.push({ ...span, end: timeOf(event), failed: /FAILED|TIMED_OUT|TERMINATED/.test(outcome) });
  }
  return [...spans, ...open.values()];
}

export function otlpTraces(spans: readonly Span[]): object {
  const shown = spans.map(({ start, end, failed, attributes, ...span }) => ({
    ...span,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    attributes: attributesOf(attributes),
    status: { code: failed ? ERROR : OK },
  }));
  return {
    resourceSpans: [{ resource: resourceOf(), scopeSpans: [{ scope: { name: 'perdure' }, spans: shown }] }],
  };
}

const timeOf = ({ eventTime }: HistoryEvent): EpochMs => fromTimestampJson(eventTime);
const shortType = ({ eventType }: HistoryEvent): string => eventType.replace('EVENT_TYPE_', '');
