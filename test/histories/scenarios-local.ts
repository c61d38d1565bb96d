/** Lives of the workflows in workflows-local.ts. */

import { toPayloadsJson, defaultPayloadConverter, fromPayloadsJson } from '../../sdk/common/payload.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import type { LocalActivityRunner } from '../../sdk/workflow/runtime/local-execution.ts';
import { applicationFailure } from '../runtime/history-builder.ts';
import type { Driver } from '../runtime/driver.ts';
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
  #moving = false;
  /** How often something began to wait. */
  #stirs = 0;
  #timers: Array<{ time: number; callback: () => void }> = [];

  serves = (): boolean => true;
  now = (): number => this.#now;

  after(ms: number, callback: () => void): () => void {
    const timer = { time: this.#now + ms, callback };
    this.#timers.push(timer);
    this.#stirs++;
    if (!this.#moving) void this.#move();
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Time goes on while something waits for it and nothing else happens. */
  async #move(): Promise<void> {
    this.#moving = true;
    while (this.#timers.length > 0) {
      const stirs = this.#stirs;
      await quiet();
      if (stirs !== this.#stirs) continue;
      const next = this.#timers.sort((a, b) => a.time - b.time).shift();
      this.#now = Math.max(this.#now, next?.time ?? 0);
      next?.callback();
    }
    this.#moving = false;
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
      case 'slow':
        await new Promise<void>((resolve) => this.after(Number(argument), resolve));
        return answer(`took ${argument} ms`);
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

/** Runs a task whose heartbeat asks for the next one: it comes when the first one's share is over. */
async function beat(run: Driver, times = 1): Promise<void> {
  for (let n = 0; n < times; n++) {
    await run.task();
    run.history.now += 8_000;
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
  'local-activity-outlasts-its-task': {
    workflow: workflows.localOutlastsTasks,
    args: [30_000],
    local: true,
    async drive(run) {
      await beat(run, 3);
      await finish(run);
    },
  },
  'local-activity-outlasts-tasks-with-commands': {
    workflow: workflows.localBesidesOthers,
    local: true,
    async drive(run) {
      await beat(run);
      run.history.signal('go');
      await beat(run);
      run.history.fireTimer('1');
      await beat(run, 2);
      await finish(run);
    },
  },
  'local-activity-lost-between-heartbeats': {
    workflow: workflows.localOutlastsTasks,
    args: [20_000],
    local: true,
    async drive(run) {
      await beat(run, 2);
      run.restart();
      await beat(run, 2);
      await finish(run);
    },
  },
  'local-activity-retried-across-tasks': {
    workflow: workflows.localRetriedAcrossTasks,
    local: true,
    async drive(run) {
      await beat(run, 3);
      await finish(run);
    },
  },
  'local-activity-cancelled-behind-heartbeats': {
    workflow: workflows.localCancelledBySignal,
    args: ['TRY_CANCEL'],
    local: true,
    async drive(run) {
      await beat(run, 2);
      run.history.signal('go');
      await finish(run);
    },
  },
  'local-activity-cancelled-and-awaited-behind-heartbeats': {
    workflow: workflows.localCancelledBySignal,
    args: ['WAIT_CANCELLATION_COMPLETED'],
    local: true,
    async drive(run) {
      await beat(run, 2);
      run.history.signal('go');
      await finish(run);
    },
  },
};
