/** What a Worker logs of each attempt of an activity, local ones included: the words, levels and fields of Temporal's Workers. */

import { activityLogAttributes } from '../activity/execute.ts';
import { ApplicationFailure } from '../common/failure.ts';
import { type Logger, type LogMetadata, SdkComponent } from '../common/logger.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';

export interface AttemptLog {
  /** The activity begins, and its interceptors have said what is to be logged of it. */
  onLoaded(attributes: LogMetadata): void;
  /** The activity threw; `stopped`: because it was told to. */
  onFailed(error: unknown, stopped: boolean): void;
  ended(answer: ActivityTaskAnswer | 'async'): void;
}

export function attemptLog(logger: Logger, task: ActivityTask, isLocal = false): AttemptLog {
  let attributes: LogMetadata | undefined;
  const begin = performance.now();
  let failed: { error: unknown; stopped: boolean } | undefined;
  const started = (given: LogMetadata): LogMetadata => {
    attributes = { sdkComponent: SdkComponent.worker, ...given };
    logger.debug('Activity started', attributes);
    return attributes;
  };
  return {
    onLoaded: started,
    onFailed(error, stopped) {
      failed = { error, stopped };
    },
    ended(answer) {
      // An attempt whose input could not be read has no interceptors.
      const ofAttempt = attributes ?? started(activityLogAttributes(task, isLocal));
      const meta = { ...ofAttempt, durationMs: Math.round(performance.now() - begin) };
      if (answer === 'async') logger.debug('Activity will complete asynchronously', meta);
      else if ('completed' in answer) logger.debug('Activity completed', meta);
      else if ('canceled' in answer || failed?.stopped) logger.debug('Activity completed as cancelled', meta);
      else {
        // An attempt that could not begin threw nothing.
        const error = failed ? failed.error : answer.failed.failure.message;
        const failureType = answer.failed.failure.applicationFailureInfo?.type;
        logger.log(isBenign(error) ? 'DEBUG' : 'WARN', 'Activity failed', { ...meta, failureType, error });
      }
    },
  };
}

/** Whoever threw it expects it. */
const isBenign = (error: unknown): boolean =>
  error instanceof ApplicationFailure && error.category === 'BENIGN';
