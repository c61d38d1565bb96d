/**
 * Activities that will be answered later, by somebody outside (`CompleteAsyncError`). Nobody knows when: as in Temporal's
 * test server, time does not skip meanwhile but passes as the real one does.
 */

import type { ExecutionObject } from '../../src/execution/execution-object.ts';
import type { EpochMs } from '../common/duration.ts';
import { executionObjectName } from '../common/ids.ts';
import type { ActivityTask } from '../common/worker-protocol.ts';
import { realNow, setTimeout } from './host-clock.ts';

type Ask = <T>(name: string, question: (object: ExecutionObject) => Promise<T>) => Promise<T>;

export class LaterAnswers {
  readonly #tasks = new Map<string, ActivityTask>();
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  expect(task: ActivityTask): void {
    this.#tasks.set(task.dispatchId, task);
  }

  /** Whether any of them is still waited for; those that are not are forgotten. */
  async outstanding(): Promise<boolean> {
    for (const [id, task] of this.#tasks) {
      if (await this.#isWaitedFor(task)) return true;
      this.#tasks.delete(id);
    }
    return false;
  }

  async #isWaitedFor({ namespace, workflowId, runId, activityId, attempt }: ActivityTask): Promise<boolean> {
    const name = executionObjectName(namespace, workflowId);
    const described = this.#ask(name, (object) => object.describe(runId));
    // A run that was deleted has none.
    const { pendingActivities } = await described.catch(() => ({ pendingActivities: [] }));
    return pendingActivities.some(
      (pending) =>
        pending.activityId === activityId &&
        pending.attempt === attempt &&
        pending.state !== 'PENDING_ACTIVITY_STATE_SCHEDULED',
    );
  }
}

/** Measures the real time that passes while a test's clock is held to its pace. */
export class RealPace {
  #last: EpochMs | undefined;

  /** Waits for a moment. Answers with the real time since it was last called. */
  async elapsed(): Promise<number> {
    const before = this.#last ?? realNow();
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#last = realNow();
    return this.#last - before;
  }

  end(): void {
    this.#last = undefined;
  }
}
