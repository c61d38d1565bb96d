/** A place in the list of runs: its total order (the same in SQLite and here), and the paging token that names it. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { base64ToBytes, bytesToBase64 } from '../../sdk/common/payload.ts';

export interface ListPosition {
  /** What the list is ordered by, in that order. */
  keys: Array<number | string>;
  workflowId: string;
  runId: string;
}

/** `descending`: for each key. Ties go by workflow id, then run id, as in SQLite's ORDER BY. */
export function comparePositions(
  descending: readonly boolean[],
): (a: ListPosition, b: ListPosition) => number {
  return (a, b) => {
    for (const [i, down] of descending.entries()) {
      const order = compareKeys(a.keys[i]!, b.keys[i]!);
      if (order !== 0) return down ? -order : order;
    }
    return compareText(a.workflowId, b.workflowId) || compareText(a.runId, b.runId);
  };
}

/** As SQLite: numbers come before texts. */
function compareKeys(a: number | string, b: number | string): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  return typeof b === 'number' ? 1 : compareText(a, b);
}

/** By code point, as SQLite compares UTF-8 bytes; JavaScript's `<` compares UTF-16 units, which differs. */
export function compareText(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

const TOKEN_VERSION = 2;

export function encodePageToken({ keys, workflowId, runId }: ListPosition): string {
  const json = JSON.stringify([TOKEN_VERSION, keys, workflowId, runId]);
  return bytesToBase64(new TextEncoder().encode(json)).replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * @param keyCount how many keys the list is ordered by
 * @throws ServiceError INVALID_ARGUMENT when the text is no token of ours, or of a list in another order
 */
export function decodePageToken(token: string, keyCount: number): ListPosition {
  try {
    const bytes = base64ToBytes(token.replaceAll('-', '+').replaceAll('_', '/'));
    const fields = JSON.parse(new TextDecoder().decode(bytes)) as unknown[];
    const [version, keys, workflowId, runId] = fields;
    const texts = typeof workflowId === 'string' && typeof runId === 'string';
    const isKey = (key: unknown): boolean => typeof key === 'number' || typeof key === 'string';
    const ordered = Array.isArray(keys) && keys.length === keyCount && keys.every(isKey);
    if (version === TOKEN_VERSION && fields.length === 4 && texts && ordered)
      return { keys, workflowId, runId };
  } catch {
    // Not base64, or not JSON: refused below like any other text.
  }
  throw invalidArgument('nextPageToken: not a paging token of this list');
}
