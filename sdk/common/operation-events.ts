/** Parts of the event table in `history.ts`: what a row says of an event, and what operators do with pending activities. */

import type { EpochMs } from './duration.ts';
import type { RetryPolicyJson } from './retry-policy.ts';

/**
 * What each history event means for the engine.
 * `wakes`: workflow code must see it, so a workflow task is due. `closes`: it ends the run.
 * `heldBack`: arrives from outside; while a workflow task is started it is durable at once but enters history when
 * that task closes. `completion`: among the held-back ones, placed last (its start must come first).
 * `startsTask`/`endsTask` mark the workflow task's own life. `command`: the command it records.
 */
export interface EventTraits {
  eventType: string;
  wakes?: true;
  closes?: true;
  heldBack?: true;
  completion?: true;
  command?: string;
  /** Code that does not know it may pass over it: Temporal's replayer wants to be told. */
  workerMayIgnore?: true;
}

/** Durations in milliseconds, 0 = none. */
export interface ActivityOptionsMs {
  taskQueue: string;
  scheduleToCloseTimeout: number;
  scheduleToStartTimeout: number;
  startToCloseTimeout: number;
  heartbeatTimeout: number;
  retryPolicy: Required<RetryPolicyJson>;
}

/** Transient events: an operator's say about a pending activity. */
export interface OperationEventAttributes {
  ActivityTaskPaused: { scheduledEventId: number; identity?: string; reason?: string };
  ActivityTaskUnpaused: { scheduledEventId: number; resetHeartbeat?: true };
  /** Attempts count anew; the next one is due at `nextAttemptTime`, or when the one that runs has failed. */
  ActivityTaskReset: { scheduledEventId: number; nextAttemptTime: EpochMs; resetHeartbeat?: true };
  ActivityTaskOptionsUpdated: { scheduledEventId: number; options: ActivityOptionsMs };
}
