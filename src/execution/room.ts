/** How much clients may ask of one workflow id. What the object and its Workers have to say is never refused. */

import { resourceExhausted, ServiceError } from '../../sdk/common/errors.ts';
import { isOpen } from '../core/state.ts';
import type { Turn } from './turn.ts';

/** Requests that wait, ten turns' worth. */
export const MAX_WAITING_REQUESTS = 2_000;
const BUSY_MS = 1_000;

/** Beyond one of these a run takes no signals and no updates, until it continues as new. */
export interface RunLimits {
  historyEvents?: number;
  historyBytes?: number;
}
/** Those that hold now: asked for where somebody wants to make a history longer. */
export type AskRunLimits = () => RunLimits | Promise<RunLimits>;

/** What makes the history of a run that is there longer, as often as somebody likes. */
const GROWING: ReadonlySet<string> = new Set([
  'SignalWorkflowExecution',
  'SignalWithStartWorkflowExecution',
  'UpdateWorkflowExecution',
  'ExecuteMultiOperation',
]);

export class Room {
  readonly #turn: () => Turn;
  readonly #limits: AskRunLimits;

  constructor(turn: () => Turn, limits: AskRunLimits = () => ({})) {
    this.#turn = turn;
    this.#limits = limits;
  }

  /** Rejects with RESOURCE_EXHAUSTED where there is no room for a request of this kind. */
  ask<R>(kind: string, request: () => Promise<R>): Promise<R> {
    const turn = this.#turn();
    if (turn.waiting >= MAX_WAITING_REQUESTS) return Promise.reject(busy());
    if (!GROWING.has(kind) || !turn.exists) return request();
    const limits = this.#limits();
    if (limits instanceof Promise) return limits.then((known) => askWithin(turn, known, request));
    return askWithin(turn, limits, request);
  }
}

const busy = (): ServiceError =>
  resourceExhausted('this workflow id gets more requests than it can take', 'BUSY_WORKFLOW', BUSY_MS);

function askWithin<R>(turn: Turn, limits: RunLimits, request: () => Promise<R>): Promise<R> {
  // Any number of others may have come in while the limits were asked for.
  const refusal = turn.waiting >= MAX_WAITING_REQUESTS ? busy() : refusalBeyond(turn, limits);
  return refusal ? Promise.reject(refusal) : request();
}

function refusalBeyond(turn: Turn, { historyEvents, historyBytes }: RunLimits): ServiceError | undefined {
  if ((historyEvents === undefined && historyBytes === undefined) || !turn.exists) return undefined;
  const { run } = turn.execution;
  if (!isOpen(run)) return undefined;
  const events = run.nextEventId - 1;
  const is = (what: string, limit: number): ServiceError =>
    new ServiceError(
      'RESOURCE_EXHAUSTED',
      `the run has ${what}, and ${limit} are the limit of its namespace: let the workflow continue as new`,
    );
  if (historyEvents !== undefined && events >= historyEvents) return is(`${events} events`, historyEvents);
  if (historyBytes !== undefined && run.historySizeBytes >= historyBytes)
    return is(`a history of ${run.historySizeBytes} bytes`, historyBytes);
  return undefined;
}
