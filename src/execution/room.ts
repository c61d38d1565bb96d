/** How much clients may ask of one workflow id. What the object and its Workers have to say is never refused. */

import { resourceExhausted, ServiceError } from '../../sdk/common/errors.ts';
import { isOpen } from '../core/state.ts';
import type { Turn } from './turn.ts';

/** Requests that wait, ten turns' worth. */
export const MAX_WAITING_REQUESTS = 2_000;
const BUSY_MS = 1_000;

export interface RunLimits {
  /** Beyond it a run takes no signals and no updates, until it continues as new. Default: any number. */
  maxHistoryEvents?: number;
}

/** What makes the history of a run that is there longer, as often as somebody likes. */
const GROWING: ReadonlySet<string> = new Set([
  'SignalWorkflowExecution',
  'SignalWithStartWorkflowExecution',
  'UpdateWorkflowExecution',
  'ExecuteMultiOperation',
]);

export class Room {
  readonly #turn: () => Turn;
  readonly #limits: RunLimits;

  constructor(turn: () => Turn, limits: RunLimits) {
    this.#turn = turn;
    this.#limits = limits;
  }

  /** Rejects with RESOURCE_EXHAUSTED where there is no room for a request of this kind. */
  ask<R>(kind: string, request: () => Promise<R>): Promise<R> {
    const refusal = this.#refusal(kind);
    return refusal ? Promise.reject(refusal) : request();
  }

  #refusal(kind: string): ServiceError | undefined {
    const turn = this.#turn();
    if (turn.waiting >= MAX_WAITING_REQUESTS) {
      const message = 'this workflow id gets more requests than it can take';
      return resourceExhausted(message, 'BUSY_WORKFLOW', BUSY_MS);
    }
    const { maxHistoryEvents } = this.#limits;
    if (maxHistoryEvents === undefined || !GROWING.has(kind) || !turn.exists) return undefined;
    const { run } = turn.execution;
    if (!isOpen(run) || run.nextEventId <= maxHistoryEvents) return undefined;
    return new ServiceError(
      'RESOURCE_EXHAUSTED',
      `the run has ${run.nextEventId - 1} events, and ${maxHistoryEvents} are the limit of its namespace: let the workflow continue as new`,
    );
  }
}
