/**
 * What activity code imports: its context, heartbeats, cancellation, failures.
 * @module perdure/activity
 */

export type { ActivityCancellationDetails } from '../common/cancellation-details.ts';
export { CompleteAsyncError } from '../common/errors.ts';
export { ApplicationFailure, CancelledFailure } from '../common/failure.ts';
export type { ActivityFunction, ActivityInterface, UntypedActivities } from '../common/types.ts';
export {
  activityInfo,
  asyncLocalStorage,
  Context,
  cancellationDetails,
  cancellationSignal,
  cancelled,
  heartbeat,
  type Info,
  log,
  metricMeter,
  sleep,
} from './context.ts';
export { activityLogAttributes, type ExecuteActivityOptions, executeActivity } from './execute.ts';
export { getClient } from './get-client.ts';
export { type HeartbeatReply, heartbeatInterval, type RecordHeartbeat } from './heartbeat.ts';
