/**
 * A saga: steps that know how to undo themselves. When one fails, it and those before it are undone, the latest first.
 * It is ordinary workflow code: whatever it calls should be activities.
 */

import { ApplicationFailure, CancellationScope, log, rootCause } from 'perdure/workflow';

export interface Step {
  name: string;
  compensate: () => Promise<unknown>;
}

/**
 * What becomes of a compensation that failed for good: `retry` it, go on without it (`skip`), or `stop`, which leaves it
 * and everything before it as it is.
 */
export type StuckDecision = 'retry' | 'skip' | 'stop';

export class Saga {
  /** What would have to be undone, in the order in which it was done. */
  readonly #steps: Step[] = [];

  /** @throws ApplicationFailure `step [name] failed`, with the reason as its cause */
  async step<T>(name: string, run: () => Promise<T>, compensate: () => Promise<unknown>): Promise<T> {
    // Before it is run: a step that failed may have done its work and lost the answer.
    this.#steps.push({ name, compensate });
    try {
      return await run();
    } catch (cause) {
      throw ApplicationFailure.create({
        message: `step [${name}] failed`,
        type: 'StepFailed',
        cause: cause as Error,
      });
    }
  }

  /**
   * Undoes everything, also in a workflow that was cancelled.
   * @returns the names of the steps that are not undone
   */
  async compensate(whenStuck: (step: Step, error: Error) => Promise<StuckDecision>): Promise<string[]> {
    return CancellationScope.nonCancellable(async () => {
      const skipped: string[] = [];
      for (let step = this.#steps.at(-1); step !== undefined; step = this.#steps.at(-1)) {
        const decision = await this.#undo(step, whenStuck);
        if (decision === 'stop') return [...skipped, ...this.#steps.map(({ name }) => name).reverse()];
        if (decision === 'skip') skipped.push(step.name);
        if (decision !== 'retry') this.#steps.pop();
      }
      return skipped;
    });
  }

  async #undo(
    step: Step,
    whenStuck: (step: Step, error: Error) => Promise<StuckDecision>,
  ): Promise<StuckDecision | 'done'> {
    try {
      await step.compensate();
      log.info('Undone', { step: step.name });
      return 'done';
    } catch (error) {
      log.error('Not undone', { step: step.name, reason: rootCause(error) });
      return whenStuck(step, error as Error);
    }
  }
}
