/** What a schedule needs of the outside world, and of its storage, as ports. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { ScheduleRecord } from '../../sdk/common/schedule.ts';
import type { GetWorkflowResultReply, Replies, Request, Result } from '../../sdk/common/service.ts';
import type { ScheduleState } from './state.ts';

/** What it asks of the object of a workflow. */
export type ScheduleCall =
  | 'StartWorkflowExecution'
  | 'RequestCancelWorkflowExecution'
  | 'TerminateWorkflowExecution';

export interface ScheduleOutside {
  now(): EpochMs;
  /** Rejects with the ServiceError that the run's object answers with. */
  callExecution<K extends ScheduleCall>(workflowId: string, request: Request<K>): Promise<Replies[K]>;
  /** How the chain that begins with this run has ended, if it has; a reset goes on with it. */
  result(workflowId: string, runId: string): Promise<Result<GetWorkflowResultReply>>;
  /** Answers with the version of a deletion that the list knows, and because of which it did not take the row. */
  recordVisibility(record: ScheduleRecord): Promise<number | undefined>;
  /** Keeps the object awake until the promise settles, where that is needed. */
  keepAlive(promise: Promise<unknown>): void;
  log(message: string, fields: Record<string, unknown>): void;
}

export interface ScheduleStore {
  load(): ScheduleState | undefined;
  /** State and alarm, or neither. */
  commit(state: ScheduleState, alarm: EpochMs | undefined): void;
  /** Everything is gone: the schedule was deleted, and nobody has to be told any more. */
  clear(): void;
}
