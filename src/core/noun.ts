/**
 * The parts that every noun file has, as mapped types over the tables in sdk/common: a noun that forgets an event,
 * request or command does not compile.
 *
 * `apply`     state ← event: the only writer, used live and to rebuild; total, never throws for events of ours
 * `execute`   a workflow's command: checked with all the others first, then recorded as events
 * `handle`    a request: refuses with a ServiceError before its first append
 * `tick`      what time alone makes happen to one item
 * `deadlines` when tick would next do something with one item
 * `effects`   what one item owes the outside world
 * `items`     the ids of all items that may have a deadline or effect: what a load derives everything from
 */

import type { CommandAttributes, CommandName } from '../../sdk/common/command.ts';
import type { EpochMs } from '../../sdk/common/duration.ts';
import type { WorkflowTaskFailedCause } from '../../sdk/common/enums.ts';
import type {
  HistoryEventAttributes,
  HistoryEventName,
  TransientEventAttributes,
  TransientEventName,
  UserMetadata,
} from '../../sdk/common/history.ts';
import type { Replies, Request, RequestKind } from '../../sdk/common/service.ts';
import type { Owed } from './effect.ts';
import type { Execution, RunState } from './state.ts';
import type { Transition } from './transition.ts';

export type EventName = HistoryEventName | TransientEventName;
export type AttributesOf<N extends EventName> = N extends HistoryEventName
  ? HistoryEventAttributes[N]
  : N extends TransientEventName
    ? TransientEventAttributes[N]
    : never;

/** Where and when an event stands. `eventId` is 0 for transient events and for those held back. */
export interface Place {
  execution: Execution;
  eventId: number;
  time: EpochMs;
  userMetadata?: UserMetadata;
}
export type Apply<N extends EventName> = {
  [K in N]: (run: RunState, attributes: AttributesOf<K>, place: Place) => void;
};

export type Handle<K extends RequestKind> = {
  [N in K]: (t: Transition, request: Request<N>) => Replies[N];
};

/** What the commands checked so far will have done: commands of one task may build on each other. */
export interface CommandBatch {
  timers: Map<string, 'started' | 'canceled'>;
  /** Timers whose firing is held back and will never enter history. */
  canceledFirings: Set<string>;
  scheduledActivityIds: Set<string>;
  cancelRequestedActivities: Set<number>;
  children: number;
  externals: { signal: number; cancel: number };
  /** What the task's own messages have made of updates. */
  updates: Map<string, 'accepted' | 'over'>;
  /** Scheduled event ids of activities whose outcome is held back; looked up only when a command needs it. */
  resolvedActivities?: Set<string>;
}
/** Which completed workflow task a command belongs to. */
export interface CommandPlace {
  workflowTaskCompletedEventId: string;
  userMetadata?: UserMetadata;
}
export interface Executor<A> {
  /** The cause with which the workflow task fails when `check` refuses with a ServiceError. */
  badCause: WorkflowTaskFailedCause;
  check(run: RunState, attributes: A, batch: CommandBatch, now: EpochMs): void;
  record(t: Transition, attributes: A, place: CommandPlace): void;
}
export type Execute<N extends CommandName> = { [K in N]: Executor<CommandAttributes[K]> };

/** A command that cannot be carried out, with a cause of its own. */
export class BadCommand extends Error {
  override readonly name = 'BadCommand';
  readonly failedCause: WorkflowTaskFailedCause;
  constructor(failedCause: WorkflowTaskFailedCause, message: string) {
    super(message);
    this.failedCause = failedCause;
  }
}

/** Deadlines of the same time are handled by `order`. */
export interface Deadline {
  time: EpochMs;
  order: number;
}
/** What time and the outside world have to do with a noun. `id` is the part of the item's key after the kind. */
export interface Items {
  items(execution: Execution): Iterable<string | number>;
  deadlines?(execution: Execution, id: string): Deadline | undefined;
  tick?(t: Transition, id: string): void;
  effects?(execution: Execution, id: string): Owed | undefined;
}
