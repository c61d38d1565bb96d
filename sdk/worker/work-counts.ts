/** How much a Worker has to do at this moment, for `getStatus`. */

import type { WorkflowSession } from '../common/worker-protocol.ts';
import type { LocalActivityRunner } from '../workflow/runtime/local-execution.ts';

export class WorkCounts {
  /** Runs held in memory. */
  sessions = 0;
  /** Workflow tasks and queries that are being worked on. */
  workflowCalls = 0;
  localActivities = 0;

  /** The same session, counted while it is open. */
  session(session: WorkflowSession): WorkflowSession {
    const counted = <T>(work: () => Promise<T>): Promise<T> => this.#during('workflowCalls', work);
    let open = true;
    this.sessions++;
    return {
      feed: (events) => session.feed(events),
      runWorkflowTask: (...args) => counted(() => session.runWorkflowTask(...args)),
      proceed: () => counted(() => session.proceed()),
      query: (...args) => counted(() => session.query(...args)),
      [Symbol.dispose]: () => {
        if (open) this.sessions--;
        open = false;
        session[Symbol.dispose]();
      },
    };
  }

  runner(runner: LocalActivityRunner): LocalActivityRunner {
    return {
      ...runner,
      runLocalActivity: (...args) => this.#during('localActivities', () => runner.runLocalActivity(...args)),
    };
  }

  async #during<T>(count: 'workflowCalls' | 'localActivities', work: () => Promise<T>): Promise<T> {
    this[count]++;
    try {
      return await work();
    } finally {
      this[count]--;
    }
  }
}
