/** Bounds of updates. In a file of their own, because the workflow task needs one before `update.ts` can be read. */

/** Temporal's bounds of updates that are not completed, and of all updates of one run. */
export const MAX_UPDATES_IN_FLIGHT = 10;
export const MAX_UPDATES = 2_000;
/** How many rejections are remembered for a repeat. */
export const MAX_REJECTIONS_KEPT = 100;
