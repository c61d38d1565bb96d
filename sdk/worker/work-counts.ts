/** How much a Worker has to do at this moment, for `getStatus`. */

import type { HistoryEvent, UpdateRequestJson } from '../common/history.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../common/worker-protocol.ts';
import type { LocalActivityRunner } from '../workflow/runtime/local-execution.ts';

export class WorkCounts {
  /** Runs held in memory. */
  sessions = 0;
  /** Workflow tasks and queries that are being worked on. */
  workflowCalls = 0;
  localActivities = 0;

  /** The same session, counted while it is open. */
  session(session: WorkflowSession): WorkflowSession {
    this.sessions++;
    return new CountedSession(session, this);
  }

  runner(runner: LocalActivityRunner): LocalActivityRunner {
    return {
      ...runner,
      runLocalActivity: (...args) => this.during('localActivities', () => runner.runLocalActivity(...args)),
    };
  }

  /** Counts the work as long as it is under way. */
  async during<T>(count: 'workflowCalls' | 'localActivities', work: () => Promise<T>): Promise<T> {
    this[count]++;
    try {
      return await work();
    } finally {
      this[count]--;
    }
  }
}

class CountedSession implements WorkflowSession {
  readonly #session: WorkflowSession;
  readonly #counts: WorkCounts;
  #open = true;

  constructor(session: WorkflowSession, counts: WorkCounts) {
    this.#session = session;
    this.#counts = counts;
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#session.feed(events);
  }

  runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    return this.#counts.during('workflowCalls', () => this.#session.runWorkflowTask(events, updates));
  }

  proceed(): Promise<WorkflowTaskAnswer> {
    return this.#counts.during('workflowCalls', () => this.#session.proceed());
  }

  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return this.#counts.during('workflowCalls', () => this.#session.query(events, query));
  }

  [Symbol.dispose](): void {
    if (this.#open) this.#counts.sessions--;
    this.#open = false;
    this.#session[Symbol.dispose]();
  }
}
