/** The requests of those who operate workflows, as zod schemas. */

import { z } from 'zod';
import { ResetReapplyExcludeType, ResetReapplyType } from '../../sdk/common/enums.ts';
import {
  duration,
  execution,
  flag,
  id,
  int,
  onExecution,
  optionalId,
  retryPolicy,
  taskQueue,
  text,
  wireEnum,
} from './schemas.ts';

export const reset = z.strictObject({
  ...onExecution,
  reason: text,
  workflowTaskFinishEventId: int.optional(),
  options: z
    .union([
      z.strictObject({ firstWorkflowTask: z.strictObject({}) }),
      z.strictObject({ lastWorkflowTask: z.strictObject({}) }),
      z.strictObject({ buildId: z.string().min(1, 'must not be empty').max(1_000) }),
    ])
    .optional(),
  requestId: optionalId,
  resetReapplyType: wireEnum('resetReapplyType', ResetReapplyType),
  resetReapplyExcludeTypes: z
    .array(wireEnum('resetReapplyExcludeType', ResetReapplyExcludeType).nonoptional())
    .optional(),
});

export const fork = z.strictObject({ ...reset.shape, newWorkflowId: id });

/** Of the events only what every one has: what they say is the object's to judge. */
const event = z.looseObject({ eventId: z.string(), eventTime: z.iso.datetime(), eventType: z.string() });
export const importExecution = z.strictObject({
  namespace: id,
  workflowExecution: execution,
  history: z.strictObject({ events: z.array(event).min(1, 'must not be empty') }),
});

const pausing = { namespace: id, workflowId: id, runId: optionalId, identity: text, reason: text };
export const pauseWorkflow = z.strictObject({ ...pausing, requestId: optionalId });

/** One of `id`, `type` and "all": the object says so when it is not. */
const pending = { namespace: id, execution, identity: text, id: optionalId, type: optionalId };
export const pauseActivity = z.strictObject({ ...pending, reason: text });
export const unpauseActivity = z.strictObject({
  ...pending,
  unpauseAll: flag.optional(),
  resetAttempts: flag.optional(),
  resetHeartbeat: flag.optional(),
});
export const resetActivity = z.strictObject({
  ...pending,
  matchAll: flag.optional(),
  resetHeartbeat: flag.optional(),
  keepPaused: flag.optional(),
  restoreOriginalOptions: flag.optional(),
});
const OPTIONS = [
  'taskQueue',
  'scheduleToCloseTimeout',
  'scheduleToStartTimeout',
  'startToCloseTimeout',
  'heartbeatTimeout',
  'retryPolicy',
] as const;
const activityOptions = z
  .strictObject({
    taskQueue: taskQueue.optional(),
    scheduleToCloseTimeout: duration,
    scheduleToStartTimeout: duration,
    startToCloseTimeout: duration,
    heartbeatTimeout: duration,
    retryPolicy: retryPolicy.optional(),
  })
  .optional();
/** `updateMask` names top-level fields, or fields of `retryPolicy`; without it, what is given is changed. */
export const updateActivityOptions = z.strictObject({
  ...pending,
  matchAll: flag.optional(),
  restoreOriginal: flag.optional(),
  updateMask: text,
  activityOptions,
});
export const activityOptionNames: readonly string[] = OPTIONS;

/** As those above, of one activity that the path names. The request id is taken, and says nothing: attempts are as they are. */
const one = {
  namespace: id,
  workflowId: id,
  runId: optionalId,
  activityId: id,
  identity: text,
  requestId: optionalId,
};
export const oneActivity = {
  pause: z.strictObject({ ...one, reason: text }),
  unpause: z.strictObject({ ...one, reason: text }),
  reset: z.strictObject({
    ...one,
    resetHeartbeat: flag.optional(),
    keepPaused: flag.optional(),
    restoreOriginalOptions: flag.optional(),
  }),
  updateOptions: z.strictObject({
    ...one,
    activityOptions,
    updateMask: text,
    restoreOriginal: flag.optional(),
  }),
};
