/**
 * What the outside world is still owed. Effects are derived from state, never remembered: losing one costs a delay
 * until its next re-send, and carrying one out twice is harmless because its receiver checks the state again.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ParentClosePolicy } from '../../sdk/common/enums.ts';
import type { ActivityTaskRef } from '../../sdk/common/service.ts';

export type Effect =
  /** A workflow task is due and no Worker has it. */
  | { kind: 'RunWorkflowTask'; runId: string; workflowType: string; taskQueue: string; attempt: number }
  /** An attempt is due and nobody has claimed it. */
  | { kind: 'DispatchActivityTask'; task: ActivityTaskRef; activityType: string; taskQueue: string }
  /** An attempt is claimed by the object itself: it must call a Worker (again, with the same dispatch id). */
  | { kind: 'CallActivityTask'; task: ActivityTaskRef; activityType: string; taskQueue: string }
  /** A child is to be started; what with stands in the initiated event. */
  | { kind: 'StartChild'; runId: string; initiatedEventId: number; namespace: string; workflowId: string }
  /** A child of a run that was reset: it may have ended while its parent was closed, and tells nobody again. */
  | {
      kind: 'AskChild';
      runId: string;
      initiatedEventId: number;
      namespace: string;
      workflowId: string;
      childRunId: string;
    }
  /** The run has closed: its child is to be dealt with. Without `childRunId` nobody knows whether it was started. */
  | {
      kind: 'ApplyParentClosePolicy';
      runId: string;
      initiatedEventId: number;
      namespace: string;
      workflowId: string;
      childRunId?: string;
      policy: ParentClosePolicy;
    }
  /** A closed child, at the end of its chain, has not told its parent yet. */
  | { kind: 'NotifyParent'; runId: string; namespace: string; workflowId: string }
  /** A closed run that a schedule started, at the end of its chain, has not told the schedule yet. */
  | { kind: 'NotifySchedule'; runId: string; scheduleId: string }
  /** A signal or cancel request is on its way; what it carries stands in the initiated event. */
  | { kind: 'SignalExternal'; runId: string; initiatedEventId: number; namespace: string; workflowId: string }
  | { kind: 'CancelExternal'; runId: string; initiatedEventId: number; namespace: string; workflowId: string }
  /** The run is to be deleted, and owes nothing more to anybody. */
  | { kind: 'DeleteRun'; runId: string; runNumber: number }
  /** Visibility holds an older version of the run's row, or none. */
  | { kind: 'RecordVisibility'; runId: string; version: number };

/** An effect as one thing in the state owes it. */
export interface Owed {
  effect: Effect;
  /** Changes exactly when the debt is a new one, so that what was sent once is not sent again for an unrelated change. */
  identity: string;
  /** Since when it is owed: the re-send ages count from here. */
  since: EpochMs;
  /** Not sent before this time unless somebody asks for it ({@link Owed.since} is the earliest in any case). */
  notBefore: EpochMs;
  /** Sent again at the ages below. Without it, only a load of the object sends it again. */
  resend?: keyof typeof RESEND_AGES;
  /** Among effects due at the same time, the lower one goes first. */
  order: number;
}

/**
 * A message that a Queue has taken is seldom lost and often late: one that is behind is not helped by more of them. Were
 * they sent as soon as calls are, a backlog of some seconds would double itself, and need not ever shrink.
 *
 * A row in lists is owed until its confirmation is stored, and for that alone a run that waits is woken: soon, because
 * it is kept in memory for some seconds after that.
 */
const RESEND_AGES = {
  called: [5_000, 30_000, 180_000, 900_000],
  listed: [1_000, 30_000, 180_000, 900_000],
  queued: [60_000, 900_000],
};
const RESEND_PERIOD = 3_600_000;

/** When an effect owed since `since` is sent again, seen from `now`: at the ages of its kind, then hourly. */
export function nextSendTime(kind: keyof typeof RESEND_AGES, since: EpochMs, now: EpochMs): EpochMs {
  const age = now - since;
  const next =
    RESEND_AGES[kind].find((a) => a > age) ?? (Math.floor(age / RESEND_PERIOD) + 1) * RESEND_PERIOD;
  return since + next;
}
