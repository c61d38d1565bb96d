/**
 * A data pipeline: stages one after the other, each with retries that suit it. A stage that fails for good stops the pipeline,
 * not the work of the stages before: somebody mends what is wrong, and it goes on with that stage.
 */

import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  log,
  proxyActivities,
  rootCause,
  setHandler,
} from 'perdure/workflow';
import type * as activities from './activities.ts';
import { type Retry, type Source, STAGES, type Stage, type StageStatus } from './shared.ts';

/** Another company's server: patient. */
const { extract } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes', maximumAttempts: 30 },
});
/** Our own machines: what fails three times will fail a fourth time. */
const { clean, aggregate } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  retry: { maximumAttempts: 3, nonRetryableErrorTypes: ['BadData'] },
});
/** Must be out by noon: often, and no longer than two hours. */
const { publish } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '2 hours',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 1 },
});

export const getStages = defineQuery<StageStatus[]>('stages');
export const retryStage = defineSignal<[Retry]>('retryStage');

export async function pipeline(source: Source): Promise<string> {
  const stages = STAGES.map((stage): StageStatus => ({ stage, state: 'waiting' }));
  let retry: Retry | undefined;
  setHandler(getStages, () => stages);
  setHandler(retryStage, (given) => {
    retry = given;
  });

  const run = async (stage: Stage, work: (options: Retry) => Promise<string>): Promise<string> => {
    const status = stages[STAGES.indexOf(stage)]!;
    for (let options: Retry = {}; ; options = retry!) {
      status.state = 'running';
      try {
        status.output = await work(options);
        status.state = 'done';
        delete status.reason;
        return status.output;
      } catch (error) {
        status.state = 'stopped';
        status.reason = rootCause(error) ?? 'cancelled';
        log.error('A stage has stopped', { stage, day: source.day, reason: status.reason });
        retry = undefined;
        if (await condition(() => retry !== undefined, '7 days')) continue;
        throw ApplicationFailure.create({
          message: `${stage} has stopped, and nobody mended it: ${status.reason}`,
          type: 'StageStopped',
          cause: error as Error,
        });
      }
    }
  };

  const raw = await run('extract', () => extract(source));
  const cleaned = await run('clean', (options) => clean(raw, options));
  const report = await run('aggregate', () => aggregate(cleaned));
  return run('publish', () => publish(report));
}
