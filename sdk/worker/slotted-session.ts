/** A run whose workflow tasks and queries wait for a slot of the program's own supplier. */

import { ServiceError } from '../common/errors.ts';
import type { HistoryEvent, UpdateRequestJson } from '../common/history.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../common/worker-protocol.ts';
import type { Leave, Places } from './limits.ts';
import type { WorkflowSlotInfo } from './tuner.ts';

export class SlottedSession implements WorkflowSession {
  readonly #session: WorkflowSession;
  readonly #workflowType: string;
  readonly #places: Places<WorkflowSlotInfo>;
  readonly #disposed = new AbortController();
  /** The run has been worked on before. */
  #isSticky = false;
  /** Of a task that goes on with its local activities. */
  #leave: Leave | undefined;

  constructor(session: WorkflowSession, workflowType: string, places: Places<WorkflowSlotInfo>) {
    this.#session = session;
    this.#workflowType = workflowType;
    this.#places = places;
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#session.feed(events);
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    this.#leave = await this.#enter();
    return this.#leaving(this.#session.runWorkflowTask(events, updates));
  }

  async proceed(): Promise<WorkflowTaskAnswer> {
    return this.#leaving(this.#session.proceed());
  }

  async query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    const leave = await this.#enter();
    return this.#session.query(events, query).finally(leave);
  }

  [Symbol.dispose](): void {
    this.#disposed.abort();
    this.#free();
    this.#session[Symbol.dispose]();
  }

  async #enter(): Promise<Leave> {
    const { signal } = this.#disposed;
    const info: WorkflowSlotInfo = {
      type: 'workflow',
      workflowType: this.#workflowType,
      isSticky: this.#isSticky,
    };
    const leave = await this.#places.take(info, undefined, signal);
    if (!leave) throw new ServiceError('CANCELLED', 'The session was ended before there was a slot');
    this.#isSticky = true;
    return leave;
  }

  /** The slot is given back when the task is answered, or has failed. */
  async #leaving<A extends WorkflowTaskAnswer | WorkflowTaskPause>(work: Promise<A>): Promise<A> {
    let pauses = false;
    try {
      const answer = await work;
      pauses = 'localActivities' in answer;
      return answer;
    } finally {
      if (!pauses) this.#free();
    }
  }

  #free(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}
