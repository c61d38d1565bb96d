/** The requests about activities that belong to no workflow. */

import { z } from 'zod';
import { ActivityIdConflictPolicy, ActivityIdReusePolicy } from '../../sdk/common/enums.ts';
import type { StartActivityExecutionRequest } from '../../sdk/common/service.ts';
import { oneActivity } from './operation-schemas.ts';
import {
  activityCanceled,
  activityCompleted,
  activityFailed,
  duration,
  flag,
  id,
  int,
  optionalId,
  startFields,
  text,
  wireEnum,
} from './schemas.ts';

const { namespace, taskQueue, input, header, searchAttributes, userMetadata, priority } = startFields;
const onActivity = { namespace, activityId: id, runId: optionalId };

export const startActivity = z.strictObject({
  namespace,
  activityId: id,
  activityType: startFields.workflowType,
  taskQueue,
  input,
  scheduleToCloseTimeout: duration,
  scheduleToStartTimeout: duration,
  startToCloseTimeout: duration,
  heartbeatTimeout: duration,
  retryPolicy: startFields.retryPolicy,
  identity: text,
  requestId: optionalId,
  idReusePolicy: wireEnum('activityIdReusePolicy', ActivityIdReusePolicy),
  idConflictPolicy: wireEnum('activityIdConflictPolicy', ActivityIdConflictPolicy),
  searchAttributes,
  header,
  userMetadata,
  priority,
}) satisfies z.ZodType<StartActivityExecutionRequest>;
export const describeActivity = z.strictObject({
  ...onActivity,
  includeInput: flag.optional(),
  includeOutcome: flag.optional(),
  includeHeartbeatDetails: flag.optional(),
  includeLastFailure: flag.optional(),
});
/** `waitMs`: ours; by itself as long as a long poll waits. */
export const pollActivity = z.strictObject({ ...onActivity, waitMs: int.optional() });
export const changeActivity = z.strictObject({
  ...onActivity,
  identity: text,
  requestId: optionalId,
  reason: text,
});
export const deleteActivity = z.strictObject(onActivity);

/** What operators do to it while it is pending. */
export const operations = {
  pause: oneActivity.pause.omit({ workflowId: true }),
  unpause: oneActivity.unpause.omit({ workflowId: true }),
  reset: oneActivity.reset.omit({ workflowId: true }),
  updateOptions: oneActivity.updateOptions.omit({ workflowId: true }),
};

/** Answers by the id of the activity alone. */
export const activityById = {
  completed: activityCompleted.id.omit({ workflowId: true }),
  failed: activityFailed.id.omit({ workflowId: true }),
  canceled: activityCanceled.id.omit({ workflowId: true }),
};
