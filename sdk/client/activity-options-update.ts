/** Options of an activity that are changed while it is pending, as programs write them ↔ as they travel. */

import { type Duration, fromDurationJson, msOptionalToNumber, toDurationJson } from '../common/duration.ts';
import { compileRetryPolicy, decompileRetryPolicy } from '../common/retry-policy.ts';
import type { ActivityOptionsJson } from '../common/service-operations.ts';
import type { ActivityOptionsUpdate, ActivityOptionsUpdateResult } from './activity-client-types.ts';

const timeouts = [
  'scheduleToCloseTimeout',
  'scheduleToStartTimeout',
  'startToCloseTimeout',
  'heartbeatTimeout',
] as const;
/** What the engine takes for a policy that was not given. */
const DEFAULT_RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '100s',
  maximumAttempts: 0,
};

/** @throws TypeError for options that cannot be changed */
export function changedOptions({ taskQueue, retry, ...given }: ActivityOptionsUpdate): ActivityOptionsJson {
  const strange = Object.keys(given).filter((name) => !timeouts.some((known) => known === name));
  if (strange.length > 0)
    throw new TypeError(`${strange.join(', ')}: cannot be changed while the activity is pending`);
  const json = (timeout: Duration | null): string =>
    toDurationJson(msOptionalToNumber(timeout ?? undefined) ?? 0);
  return {
    ...(taskQueue != null && { taskQueue: { name: taskQueue } }),
    ...Object.fromEntries(
      timeouts.flatMap((name) => (given[name] === undefined ? [] : [[name, json(given[name])]])),
    ),
    ...(retry !== undefined && { retryPolicy: retry === null ? DEFAULT_RETRY : compileRetryPolicy(retry) }),
  };
}

export function currentOptions(json: ActivityOptionsJson): ActivityOptionsUpdateResult {
  const retry = decompileRetryPolicy(json.retryPolicy);
  const set = timeouts
    .map((name) => [name, fromDurationJson(json[name])] as const)
    .filter(([, ms]) => ms > 0);
  return {
    ...(json.taskQueue && { taskQueue: json.taskQueue.name }),
    ...Object.fromEntries(set),
    ...(retry && { retry }),
  };
}
