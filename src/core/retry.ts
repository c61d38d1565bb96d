/** The retry decision: arithmetic over a policy, an attempt and its failure. */

import { type EpochMs, fromDurationJson } from '../../sdk/common/duration.ts';
import { fromWire, type RetryState, type TimeoutType } from '../../sdk/common/enums.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type { RetryPolicyJson } from '../../sdk/common/retry-policy.ts';

export interface FailedAttempt {
  policy: Required<RetryPolicyJson>;
  /** The attempt that failed, from 1. */
  attempt: number;
  failure: Failure;
  now: EpochMs;
  /** No attempt may begin after it. */
  expirationTime?: EpochMs;
}

/** `delay`: another attempt follows after so many ms. `retryState`: none does, and why. */
export type RetryDecision = { delay: number } | { retryState: RetryState };

/** Names under which a policy's `nonRetryableErrorTypes` may list the two timeouts that are retried otherwise. */
const timeoutErrorTypes: Partial<Record<TimeoutType, string>> = {
  START_TO_CLOSE: 'TemporalTimeout:StartToClose',
  HEARTBEAT: 'TemporalTimeout:Heartbeat',
};

export function isRetryable(failure: Failure, nonRetryableErrorTypes: readonly string[]): boolean {
  if (failure.canceledFailureInfo || failure.terminatedFailureInfo) return false;
  if (failure.serverFailureInfo) return !failure.serverFailureInfo.nonRetryable;
  if (failure.timeoutFailureInfo) {
    const type = fromWire<TimeoutType>('timeoutType', failure.timeoutFailureInfo.timeoutType);
    const errorType = type && timeoutErrorTypes[type];
    return errorType !== undefined && !nonRetryableErrorTypes.includes(errorType);
  }
  const { type, nonRetryable } = failure.applicationFailureInfo ?? {};
  return !nonRetryable && !(type !== undefined && nonRetryableErrorTypes.includes(type));
}

/** The interval after attempt n: initial × coefficient^(n-1), at most the maximum. In ms. */
export function retryInterval(policy: Required<RetryPolicyJson>, attempt: number): number {
  const initial = fromDurationJson(policy.initialInterval);
  const interval = initial * policy.backoffCoefficient ** (attempt - 1);
  return Math.round(Math.min(interval, fromDurationJson(policy.maximumInterval)));
}

/** A failure's own `nextRetryDelay` replaces the computed interval, within the policy's maximum. */
export function decideRetry({ policy, attempt, failure, now, expirationTime }: FailedAttempt): RetryDecision {
  if (!isRetryable(failure, policy.nonRetryableErrorTypes)) return { retryState: 'NON_RETRYABLE_FAILURE' };
  if (policy.maximumAttempts > 0 && attempt >= policy.maximumAttempts) {
    return { retryState: 'MAXIMUM_ATTEMPTS_REACHED' };
  }
  const override = fromDurationJson(failure.applicationFailureInfo?.nextRetryDelay);
  const delay =
    override > 0
      ? Math.min(override, fromDurationJson(policy.maximumInterval))
      : retryInterval(policy, attempt);
  if (expirationTime !== undefined && now + delay > expirationTime) return { retryState: 'TIMEOUT' };
  return { delay };
}
