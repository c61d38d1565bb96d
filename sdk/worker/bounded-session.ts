/** A run as the engine is served with it: answers are no larger than they may be, and say who gave them. */

import type { HistoryEvent, UpdateRequestJson } from '../common/history.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowSessionInit,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../common/worker-protocol.ts';
import { boundedQueryAnswer, boundedTaskAnswer } from './answer-size.ts';
import type { CheckedOptions } from './options.ts';
import { logTaskFailure } from './task-failure-log.ts';

export class BoundedSession implements WorkflowSession {
  readonly #run: WorkflowSession;
  readonly #init: WorkflowSessionInit;
  readonly #options: CheckedOptions;

  constructor(run: WorkflowSession, init: WorkflowSessionInit, options: CheckedOptions) {
    this.#run = run;
    this.#init = init;
    this.#options = options;
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#run.feed(events);
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    const reply = await this.#run.runWorkflowTask(events, updates);
    return 'localActivities' in reply ? reply : this.#bounded(reply);
  }

  async proceed(): Promise<WorkflowTaskAnswer> {
    return this.#bounded(await this.#run.proceed());
  }

  async query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return boundedQueryAnswer(await this.#run.query(events, query));
  }

  [Symbol.dispose](): void {
    this.#run[Symbol.dispose]();
  }

  async #bounded(answered: WorkflowTaskAnswer): Promise<WorkflowTaskAnswer> {
    const reply = boundedTaskAnswer(answered);
    if ('failed' in reply) await logTaskFailure(this.#options, this.#init, reply.failed);
    return signed(reply, this.#options.identity);
  }
}

function signed(reply: WorkflowTaskAnswer, identity: string): WorkflowTaskAnswer {
  return 'completed' in reply
    ? { completed: { identity, ...reply.completed } }
    : { failed: { identity, ...reply.failed } };
}
