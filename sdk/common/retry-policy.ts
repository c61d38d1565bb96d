/** Retry policies: as users write them and as they are stored. Defaults and rules are Temporal's (its retry policy docs). */

import {
  type Duration,
  type DurationJson,
  durationOfMessage,
  fromDurationJson,
  msToNumber,
  type TimeMessage,
  toDurationJson,
} from './duration.ts';
import { ValueError } from './errors.ts';
import type { RetryPolicy as RetryPolicyMessage } from './proto-types.ts';

/** A retry policy as users write it. Absent fields take the defaults of {@link defaultRetryPolicy}. */
export interface RetryPolicy {
  /** Multiplier from one interval to the next. Default 2, at least 1. */
  backoffCoefficient?: number;
  /** First interval. Default 1 second. */
  initialInterval?: Duration;
  /** Attempts in all, the first included. Default: no limit. */
  maximumAttempts?: number;
  /** Bound of the interval. Default 100 × initialInterval. */
  maximumInterval?: Duration;
  /** `ApplicationFailure` types that are not retried. */
  nonRetryableErrorTypes?: string[];
}

/** A retry policy as stored (proto3 JSON). `maximumAttempts` 0 means no limit. */
export interface RetryPolicyJson {
  initialInterval?: DurationJson;
  backoffCoefficient?: number;
  maximumInterval?: DurationJson;
  maximumAttempts?: number;
  nonRetryableErrorTypes?: string[];
}

const MAXIMUM_INTERVAL_FACTOR = 100;
export const defaultRetryPolicy = {
  initialInterval: 1_000,
  backoffCoefficient: 2,
  maximumAttempts: 0,
} as const;

/**
 * Checks a policy and converts it to its stored form; only what the user set is written.
 * @throws ValueError for a coefficient below 1, a negative or fractional number of attempts, or intervals that contradict each other.
 */
export function compileRetryPolicy(policy: RetryPolicy): RetryPolicyJson {
  const { backoffCoefficient, maximumAttempts } = policy;
  if (backoffCoefficient !== undefined && !(backoffCoefficient >= 1)) {
    throw new ValueError('RetryPolicy.backoffCoefficient must be greater than or equal to 1');
  }
  if (maximumAttempts !== undefined && maximumAttempts !== Number.POSITIVE_INFINITY) {
    if (maximumAttempts <= 0) throw new ValueError('RetryPolicy.maximumAttempts must be a positive integer');
    if (!Number.isInteger(maximumAttempts))
      throw new ValueError('RetryPolicy.maximumAttempts must be an integer');
  }
  const initialInterval = msToNumber(policy.initialInterval ?? defaultRetryPolicy.initialInterval);
  const maximumInterval =
    policy.maximumInterval === undefined ? undefined : msToNumber(policy.maximumInterval);
  if (maximumInterval === 0) throw new ValueError('RetryPolicy.maximumInterval cannot be 0');
  if (initialInterval === 0) throw new ValueError('RetryPolicy.initialInterval cannot be 0');
  if (maximumInterval !== undefined && maximumInterval < initialInterval) {
    throw new ValueError('RetryPolicy.maximumInterval cannot be less than its initialInterval');
  }
  return {
    initialInterval: toDurationJson(initialInterval),
    ...(backoffCoefficient !== undefined && { backoffCoefficient }),
    ...(maximumInterval !== undefined && { maximumInterval: toDurationJson(maximumInterval) }),
    ...(maximumAttempts !== undefined && maximumAttempts !== Number.POSITIVE_INFINITY && { maximumAttempts }),
    ...(policy.nonRetryableErrorTypes?.length && { nonRetryableErrorTypes: policy.nonRetryableErrorTypes }),
  };
}

/** The stored form, or a message of protobuf, back to what users write. */
export function decompileRetryPolicy(
  policy: RetryPolicyJson | RetryPolicyMessage | null | undefined,
): RetryPolicy | undefined {
  if (!policy) return undefined;
  const msOf = (interval: DurationJson | TimeMessage): number =>
    fromDurationJson(typeof interval === 'string' ? interval : durationOfMessage(interval));
  return {
    ...(policy.initialInterval && { initialInterval: msOf(policy.initialInterval) }),
    ...(policy.backoffCoefficient && { backoffCoefficient: policy.backoffCoefficient }),
    ...(policy.maximumInterval && { maximumInterval: msOf(policy.maximumInterval) }),
    ...(policy.maximumAttempts && { maximumAttempts: policy.maximumAttempts }),
    ...(policy.nonRetryableErrorTypes && { nonRetryableErrorTypes: policy.nonRetryableErrorTypes }),
  };
}

/** The stored form with Temporal's server defaults filled in: what an ActivityTaskScheduled event carries. */
export function withDefaults(policy: RetryPolicyJson | undefined): Required<RetryPolicyJson> {
  const initial = fromDurationJson(policy?.initialInterval) || defaultRetryPolicy.initialInterval;
  // Zero is "not set" here, too: as a bound it would leave no pause between attempts at all.
  const maximum = fromDurationJson(policy?.maximumInterval) || initial * MAXIMUM_INTERVAL_FACTOR;
  return {
    initialInterval: toDurationJson(initial),
    backoffCoefficient: policy?.backoffCoefficient || defaultRetryPolicy.backoffCoefficient,
    maximumInterval: toDurationJson(maximum),
    maximumAttempts: policy?.maximumAttempts ?? defaultRetryPolicy.maximumAttempts,
    nonRetryableErrorTypes: policy?.nonRetryableErrorTypes ?? [],
  };
}
