/** A place in the list of runs: its total order (the same in SQLite and here), and the paging token that names it. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { invalidArgument } from '../../sdk/common/errors.ts';
import { base64ToBytes, bytesToBase64 } from '../../sdk/common/payload.ts';

export interface ListPosition {
  startTime: EpochMs;
  workflowId: string;
  runId: string;
}

/** Newest start first, then workflow id, then run id: SQLite's `ORDER BY start_time DESC, workflow_id, run_id`. */
export function comparePositions(a: ListPosition, b: ListPosition): number {
  return (
    b.startTime - a.startTime || compareText(a.workflowId, b.workflowId) || compareText(a.runId, b.runId)
  );
}

/** By code point, as SQLite compares UTF-8 bytes; JavaScript's `<` compares UTF-16 units, which differs. */
function compareText(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

const TOKEN_VERSION = 1;

export function encodePageToken({ startTime, workflowId, runId }: ListPosition): string {
  const json = JSON.stringify([TOKEN_VERSION, startTime, workflowId, runId]);
  return bytesToBase64(new TextEncoder().encode(json)).replaceAll('+', '-').replaceAll('/', '_');
}

/** @throws ServiceError INVALID_ARGUMENT when the text is no token of ours. */
export function decodePageToken(token: string): ListPosition {
  try {
    const bytes = base64ToBytes(token.replaceAll('-', '+').replaceAll('_', '/'));
    const fields = JSON.parse(new TextDecoder().decode(bytes)) as unknown[];
    const [version, startTime, workflowId, runId] = fields;
    const texts = typeof workflowId === 'string' && typeof runId === 'string';
    if (version === TOKEN_VERSION && fields.length === 4 && Number.isSafeInteger(startTime) && texts)
      return { startTime: startTime as number, workflowId, runId };
  } catch {
    // Not base64, or not JSON: refused below like any other text.
  }
  throw invalidArgument('nextPageToken: not a paging token of this list');
}
