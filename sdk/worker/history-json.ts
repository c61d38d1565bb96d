/**
 * Histories as people have them: what Temporal's CLI and Web UI write, what this engine writes, what tests keep, and messages of protobuf. All
 * of them become events in the one form that the SDK reads.
 */

import { ValueError } from '../common/errors.ts';
import { attributesOf, type HistoryEvent, historyEventName } from '../common/history.ts';
import { defaultPayloadConverter, toPayloadsJson } from '../common/payload.ts';
import { eventsInJson } from '../common/proto-to-json.ts';
import type { HistoryAndWorkflowId } from '../common/types.ts';

/**
 * The events of `{ events }`, of `{ history: { events } }` or of a bare list, beginning with a WorkflowExecutionStarted.
 * Numbers that should be strings (`eventId`) and payloads that were decoded for reading are put right.
 * @throws ValueError when it is none of these.
 */
export function eventsOf(json: unknown): HistoryEvent[] {
  const given = Array.isArray(json) ? json : (listOf(json) ?? listOf((json as Wrapped | null)?.history));
  const events = given && eventsInJson(given);
  const first = events?.[0] as Partial<HistoryEvent> | undefined;
  if (!events || historyEventName(String(first?.eventType)) !== 'WorkflowExecutionStarted') {
    throw new ValueError(
      'history: expected { events: […] } that begins with a WorkflowExecutionStarted, as JSON.parse makes it of an exported history',
    );
  }
  return events.map((event) => normal(event) as HistoryEvent);
}

/** A history with the id of its workflow, which code may read; recent histories hold it themselves. */
export function identifiedHistory(json: unknown, fallback: string): HistoryAndWorkflowId {
  const events = eventsOf(json);
  const { workflowId } = attributesOf(events[0]!, 'WorkflowExecutionStarted');
  return { workflowId: workflowId ?? fallback, history: { events } };
}

interface Wrapped {
  history?: unknown;
}

function listOf(json: unknown): unknown[] | undefined {
  const { events } = (json ?? {}) as { events?: unknown };
  return Array.isArray(events) ? events : undefined;
}

const EVENT_ID = /^eventId$|EventId$/;

/** The same object where there is nothing to put right: histories are long. */
function normal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return unchanged(value, value.map(normal));
  const entries = Object.entries(value);
  const made = entries.map(([key, field]): [string, unknown] => {
    if (EVENT_ID.test(key) && typeof field === 'number') return [key, String(field)];
    if (key === 'payloads' && Array.isArray(field)) return [key, unchanged(field, field.map(payload))];
    return [key, normal(field)];
  });
  return made.every(([, field], i) => field === entries[i]![1]) ? value : Object.fromEntries(made);
}

function unchanged(before: unknown[], after: unknown[]): unknown[] {
  return after.every((item, i) => item === before[i]) ? before : after;
}

function payload(value: unknown): unknown {
  const encoded = typeof value === 'object' && value !== null && 'metadata' in value;
  return encoded ? value : toPayloadsJson(defaultPayloadConverter, value)?.payloads?.[0];
}
