/**
 * Histories and payloads to JSON and back, by the names of Temporal's `@temporalio/common/lib/proto-utils`. Histories are in JSON
 * here from the beginning, so that of the two directions only the text is left.
 */

import type { HistoryEvent } from './history.ts';
import { type Payload, type PayloadJson, payloadFromJson, payloadToJson } from './payload.ts';

/** A history, as `handle.fetchHistory()` gives it and a replay takes it. */
export interface History {
  events: HistoryEvent[];
}

export type { Payload };
export type JSONPayload = PayloadJson;

/** What `JSON.parse` made of an exported history. @throws TypeError when it is none. */
export function historyFromJSON(history: unknown): History {
  const { events } = (history ?? {}) as Partial<History>;
  if (!Array.isArray(events))
    throw new TypeError('Invalid history, expected an object with an array of events');
  return { ...(history as History), events };
}

/** The text of a file with a history, as `perdure workflow show -o json` and Temporal's tools write it. */
export function historyToJSON(history: { events?: readonly unknown[] | null }): string {
  return JSON.stringify(history, null, 2);
}

export function payloadToJSON(payload: Payload): JSONPayload {
  return payloadToJson(payload);
}

export function JSONToPayload(json: JSONPayload): Payload {
  return payloadFromJson(json);
}
