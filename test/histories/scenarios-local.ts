/** Lives of the workflows in workflows-local.ts. */

import { toPayloadsJson, defaultPayloadConverter, fromPayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import type { LocalActivityRunner } from '../../sdk/workflow/runtime/local-execution.ts';
import { applicationFailure } from '../runtime/history-builder.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-local.ts';

const answer = (value: unknown): ActivityTaskAnswer => ({
  completed: { result: toPayloadsJson(defaultPayloadConverter, value) },
});

/** Long enough for workflow code to do all it can do. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Local activities with a clock that moves when something waits for it. */
export class LocalWorld implements LocalActivityRunner {
  readonly tasks: ActivityTask[] = [];
  /** Types of those that were told to stop. */
  readonly stopped: string[] = [];
  #now = 1_767_225_600_000;
  #timers: Array<{ time: number; callback: () => void }> = [];

  serves = (): boolean => true;
  now = (): number => this.#now;

  after(ms: number, callback: () => void): () => void {
    const timer = { time: this.#now + ms, callback };
    this.#timers.push(timer);
    this.#moveWhenQuiet();
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  #moveWhenQuiet(): void {
    void quiet().then(() => {
      const [next] = this.#timers.sort((a, b) => a.time - b.time);
      if (!next) return;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.time);
      next.callback();
      this.#moveWhenQuiet();
    });
  }

  async runLocalActivity(task: ActivityTask, signal: AbortSignal): Promise<ActivityTaskAnswer> {
    this.tasks.push(task);
    const [argument] = fromPayloadsJson(defaultPayloadConverter, task.input);
    switch (task.activityType) {
      case 'double':
        this.#now += 25;
        return answer(2 * Number(argument));
      case 'nothing':
        return answer(undefined);
      case 'flaky':
        if (task.attempt <= Number(argument)) return { failed: { failure: applicationFailure('flaky') } };
        return answer(task.attempt);
      case 'wait':
        await new Promise((resolve) => {
          if (signal.aborted) resolve(undefined);
          signal.addEventListener('abort', resolve);
        });
        this.stopped.push(task.activityType);
        return { canceled: {} };
      default:
        return { failed: { failure: applicationFailure(String(argument), 'Unlucky') } };
    }
  }
}

const cancelled = (type: Parameters<typeof workflows.localCancelled>[0]): Scenario => ({
  workflow: workflows.localCancelled,
  args: [type],
  local: true,
  drive: finish,
});

export const localScenarios: Record<string, Scenario> = {
  'local-activities-in-sequence': { workflow: workflows.localSequence, args: [5], local: true, drive: finish },
  'local-activities-in-parallel': {
    workflow: workflows.localInParallel,
    local: true,
    async drive(run) {
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      await finish(run);
    },
  },
  'local-activity-fails': { workflow: workflows.localFailures, local: true, drive: finish },
  'local-activity-retried-behind-timers': {
    workflow: workflows.localRetriedBehindTimers,
    local: true,
    async drive(run) {
      await run.task();
      run.history.fireTimer('1');
      await run.task();
      run.restart();
      run.history.fireTimer('2');
      await finish(run);
    },
  },
  'local-outcomes-seen': { workflow: workflows.localOutcomesSeen, local: true, drive: finish },
  'local-activity-try-cancel': cancelled('TRY_CANCEL'),
  'local-activity-abandoned': cancelled('ABANDON'),
  'local-activity-cancelled-and-awaited': cancelled('WAIT_CANCELLATION_COMPLETED'),
  'local-activity-cancelled-before-it-is-sent': {
    workflow: workflows.localCancelledBeforeItIsSent,
    local: true,
    drive: finish,
  },
  'local-activities-in-signal-handlers': {
    workflow: workflows.localBetweenTasks,
    local: true,
    async drive(run) {
      await run.task();
      run.history.signal('go');
      await run.task();
      run.restart();
      run.history.signal('go');
      await run.task();
      run.history.fireTimer('1');
      await finish(run);
    },
  },
};
