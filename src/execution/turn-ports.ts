/** What a turn asks of the shell around it, and shows it while it is made. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { HistoryEvent, LogEvent } from '../../sdk/common/history.ts';
import type { Replies, Request, RequestKind } from '../../sdk/common/service.ts';
import type { Effect } from '../core/effect.ts';
import type { Execution } from '../core/state.ts';
import type { OperationCounter } from './operation-counter.ts';

/** A turn that is being made: requests applied in memory, nothing committed yet. */
export interface OpenTurn {
  readonly execution: Execution;
  readonly now: EpochMs;
  /** The first turn after a load: memory is cold. */
  readonly cold: boolean;
  /** History events of the newest run that this turn has appended so far. */
  readonly events: HistoryEvent[];
  apply<K extends RequestKind>(request: Request<K>): Replies[K];
  note(request: Request): void;
}

export interface TurnPorts {
  now(): EpochMs;
  newRunId(): string;
  /**
   * Takes up, before the commit, what can be done in the same turn (start a task, claim an attempt, run a warm
   * session); answers with what is to be done after the commit.
   */
  absorb(turn: OpenTurn, effects: Effect[]): Promise<Array<() => void>>;
  /** A commit succeeded; `events` are the newest run's new history events, `logged` all that it has logged. */
  committed(execution: Execution, events: HistoryEvent[], logged: LogEvent[]): void;
  /** A run was removed. */
  forgotten(): void;
  /** Memory holds what is stored, and nothing has been done with it yet. */
  loaded(execution: Execution): void;
  /** Memory was dropped: whatever stood beside it (a session) must go too. `corrupt`: nor can it be loaded again. */
  dropped(corrupt: boolean): void;
  /** A time the shell itself wants to be woken at, beside the run's next deadline. */
  nextRetry(): EpochMs | undefined;
  /** Waits a moment for what is on its way. Absent: nothing is. */
  gather?(): Promise<void>;
  log(message: string, fields: Record<string, unknown>): void;
  readonly operations: OperationCounter;
}
