/**
 * Histories and payloads to JSON and back, by the names of Temporal's `@temporalio/common/lib/proto-utils`: on one side what Temporal's tools write
 * and read, on the other messages of protobuf. What takes one takes the other, too.
 */

import { type Payload, type PayloadJson, payloadToJson } from './payload.ts';
import { messageOfJson } from './proto-from-json.ts';
import { jsonOfMessage } from './proto-to-json.ts';
import type { History, HistoryEvent } from './proto-types.ts';

/** A history as a message: what the client for Temporal programs gives, and a replay takes. */
export type { History, Payload };
export type JSONPayload = PayloadJson;

/** What `JSON.parse` made of an exported history. @throws TypeError when it is none. */
export function historyFromJSON(history: unknown): History & { events: HistoryEvent[] } {
  const { events } = (history ?? {}) as { events?: unknown };
  if (!Array.isArray(events))
    throw new TypeError('Invalid history, expected an object with an array of events');
  return messageOfJson('History', { events }) as { events: HistoryEvent[] };
}

/** The text of a file with a history, as `perdure workflow show -o json` and Temporal's tools write it. */
export function historyToJSON(history: { events?: readonly unknown[] | null }): string {
  return JSON.stringify(jsonOfMessage('History', history), null, 2);
}

export function payloadToJSON(payload: Payload): JSONPayload {
  return payloadToJson(payload);
}

/** As those of a history are, to be compared with them. */
export function JSONToPayload(json: JSONPayload): Payload {
  return messageOfJson('Payload', json) as Payload;
}
