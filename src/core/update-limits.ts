/** Bounds of updates. In a file of their own, because the workflow task needs them before `update.ts` can be read. */

import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import type { Updates } from './state.ts';
import { storedLength } from './stored-payload.ts';

/** Temporal's bounds of updates that are not completed, and of all updates of one run. */
export const MAX_UPDATES_IN_FLIGHT = 10;
export const MAX_UPDATES = 2_000;
/** How many rejections are remembered for a repeat. */
export const MAX_REJECTIONS_KEPT = 100;

/**
 * The updates that go with one workflow task, oldest first. A reset may ask more of them anew than may be in flight, and
 * more than fit one message: the rest goes with the next task.
 */
export function deliverable({ admitted }: Updates): string[] {
  const ids: string[] = [];
  let length = 0;
  for (const [updateId, request] of admitted) {
    length += storedLength(request);
    const full = ids.length >= MAX_UPDATES_IN_FLIGHT || length > MAX_MESSAGE_BYTES;
    if (full && ids.length > 0) break;
    ids.push(updateId);
  }
  return ids;
}
