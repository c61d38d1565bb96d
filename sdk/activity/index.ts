/**
 * What activity code imports: its context, heartbeats, cancellation, failures.
 * @module perdure/activity
 */

export { ApplicationFailure, CancelledFailure } from '../common/failure.ts';
export type { ActivityFunction, UntypedActivities } from '../common/types.ts';
export {
  type ActivityCancellationDetails,
  activityInfo,
  asyncLocalStorage,
  CompleteAsyncError,
  Context,
  cancellationDetails,
  cancellationSignal,
  cancelled,
  heartbeat,
  type Info,
  log,
  sleep,
} from './context.ts';
export { activityLogAttributes, type ExecuteActivityOptions, executeActivity } from './execute.ts';
export { type HeartbeatReply, heartbeatInterval, type RecordHeartbeat } from './heartbeat.ts';
