/** What a schedule knows: plain JSON, stored as it is. Times that were decided on are never decided on again. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { MemoJson, SearchAttributesJson } from '../../sdk/common/history.ts';
import type {
  NewWorkflowJson,
  ScheduledRunClosed,
  ScheduleJson,
  SchedulePoliciesJson,
  ScheduleSpecJson,
  ScheduleStateJson,
} from '../../sdk/common/schedule.ts';

export type OverlapPolicy =
  | 'SKIP'
  | 'BUFFER_ONE'
  | 'BUFFER_ALL'
  | 'CANCEL_OTHER'
  | 'TERMINATE_OTHER'
  | 'ALLOW_ALL';

/** An action that is to be taken. */
export interface BufferedStart {
  /** Names it: derived from the nominal time, and numbered where people asked for it. */
  id: string;
  nominal: EpochMs;
  /** Nominal time and jitter; for what people asked for: when they did. */
  actual: EpochMs;
  overlap?: OverlapPolicy;
  /** Asked for by people: neither a pause nor a limit of actions holds it. */
  manual: boolean;
}

/** Decided on; the run may have been started already. The same request is sent until it is answered. */
export interface PendingStart extends BufferedStart {
  workflowId: string;
  /** Its end was told before its start was. */
  closed?: ScheduledRunClosed;
}

export interface RunningWorkflow {
  workflowId: string;
  runId: string;
  /** Asked for by an overlap policy, and whether that was carried out. */
  ending?: 'cancel' | 'terminate';
  endingSent?: boolean;
}

export interface RecentAction {
  nominal: EpochMs;
  actual: EpochMs;
  workflowId: string;
  runId: string;
  /** Without prefix. */
  status: string;
}

export interface Backfill {
  /** Times after this one are still to be buffered. */
  from: EpochMs;
  to: EpochMs;
  overlap?: OverlapPolicy;
  askedAt: EpochMs;
}

/** A schedule as it is kept: every part there, the spec in its plain form. */
export interface Definition extends Required<Omit<ScheduleJson, 'action'>> {
  spec: ScheduleSpecJson;
  action: { startWorkflow: NewWorkflowJson };
  policies: SchedulePoliciesJson;
  state: ScheduleStateJson;
}

export interface ScheduleState {
  scheduleId: string;
  definition: Definition;
  memo?: MemoJson;
  searchAttributes?: SearchAttributesJson;
  /** Grows with every change by people: the conflict token. */
  revision: number;
  createTime: EpochMs;
  updateTime?: EpochMs;
  /** Nominal times up to here are decided on. */
  cursor: EpochMs;
  backfills: Backfill[];
  buffer: BufferedStart[];
  starting: PendingStart[];
  running: RunningWorkflow[];
  /** The newest last. */
  recent: RecentAction[];
  actionCount: number;
  missedCatchupWindow: number;
  overlapSkipped: number;
  bufferDropped: number;
  /** Numbers what people ask for. */
  manualCount: number;
  /** Of the newest requests by people. */
  requestIds: string[];
  lastCompletionResult?: ScheduledRunClosed['result'];
  lastFailure?: ScheduledRunClosed['failure'];
  /** Why the last start was refused for good. */
  startProblem?: string;
  /** Grows with everything that the list shows, over deletion and creation. */
  visibilityVersion: number;
  recordedVersion: number;
  /** Deleted, and still to be taken out of the list. */
  deleted: boolean;
}
