/**
 * A run as a trace, made of its history when it has closed: nothing is measured while it runs, and nothing is lost when the
 * engine dies meanwhile. Ids come from the run and the event, so that a trace that is sent twice is there once. It goes on
 * from the caller's trace where the start carried a W3C `traceparent`. Ids and types only: no payload, no message.
 */

import { createHash } from 'node:crypto';
import { type EpochMs, fromTimestampJson } from '../../sdk/common/duration.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import type { HeaderJson } from '../../sdk/common/history-attributes.ts';
import { carriedTraceparent, parseTraceparent, traceparentOf } from '../../sdk/common/trace-context.ts';
import { type AttributeValue, attributesOf, nanos, resourceOf } from './otlp.ts';

interface Span {
  traceId: string;
  spanId: string;
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

type Attributes = Record<string, unknown>;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const spanIdOf = (runId: string, eventId: string): string => digest(`${runId}/${eventId}`).slice(0, 16);

/** Where a run stands: in the trace of its caller, or in one of its own, which all runs of a chain share. */
interface TracedChain {
  firstExecutionRunId: string;
  /** What its start carried. */
  traceparent?: string;
}
interface Place {
  traceId: string;
  parentSpanId?: string;
  sampled: boolean;
}

function placeOf({ firstExecutionRunId, traceparent }: TracedChain): Place {
  const parent = parseTraceparent(traceparent);
  if (!parent) return { traceId: digest(firstExecutionRunId).slice(0, 32), sampled: true };
  return { traceId: parent.traceId, parentSpanId: parent.spanId, sampled: parent.sampled };
}

/** What a call carries that an event of the run stands for: the span of that event, as {@link spansOf} will have it. */
export function traceparentAt(run: TracedChain & { runId: string }, eventId: number): string | undefined {
  const { traceId, sampled } = placeOf(run);
  return sampled
    ? traceparentOf({ traceId, spanId: spanIdOf(run.runId, String(eventId)), sampled })
    : undefined;
}

function placeIn(started: HistoryEvent): Place {
  const { header, firstExecutionRunId = '' } = attributesIn(started) as {
    header?: HeaderJson;
    firstExecutionRunId?: string;
  };
  const traceparent = carriedTraceparent(header);
  return placeOf({ firstExecutionRunId, ...(traceparent && { traceparent }) });
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

/** None of a run whose caller does not sample its trace. */
export function spansOf(
  { namespace, workflowId, runId }: TracedRun,
  events: readonly HistoryEvent[],
): Span[] {
  const [started] = events;
  const closed = events.at(-1);
  if (!started || !closed) return [];
  const { traceId, parentSpanId, sampled } = placeIn(started);
  if (!sampled) return [];
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
