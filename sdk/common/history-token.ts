/** Where a page of history ended: what `nextPageToken` of a history says. */

import { invalidArgument } from './errors.ts';
import { base64ToBytes, bytesToBase64 } from './payload.ts';

export interface HistoryPlace {
  runId: string;
  /** The last event that was read; 0: none yet. */
  eventId: number;
}

export function encodeHistoryToken({ runId, eventId }: HistoryPlace): string {
  return bytesToBase64(new TextEncoder().encode(JSON.stringify([runId, eventId])));
}

/** @throws ServiceError INVALID_ARGUMENT for a text that is none */
export function decodeHistoryToken(token: string | undefined): HistoryPlace | undefined {
  if (!token) return undefined;
  try {
    const [runId, eventId] = JSON.parse(new TextDecoder().decode(base64ToBytes(token))) as unknown[];
    if (typeof runId === 'string' && Number.isSafeInteger(eventId) && (eventId as number) >= 0)
      return { runId, eventId: eventId as number };
  } catch {
    // Falls through to the refusal.
  }
  throw invalidArgument('nextPageToken: not a token of this engine; start again without one');
}
