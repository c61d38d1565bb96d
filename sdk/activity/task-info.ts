/** What an activity is told of itself, out of its task. */

import { fromDurationJson, fromTimestampJson } from '../common/duration.ts';
import { standaloneActivityId } from '../common/ids.ts';
import { base64ToBytes } from '../common/payload.ts';
import { decodePriority } from '../common/priority.ts';
import { decompileRetryPolicy } from '../common/retry-policy.ts';
import type { ActivityTask } from '../common/worker-protocol.ts';
import type { Info } from './context.ts';
import type { TaskConverter } from './task-converter.ts';

export function infoOf(task: ActivityTask, converter: TaskConverter, isLocal: boolean): Info {
  const { namespace, workflowId, runId, workflowType } = task;
  const heartbeatTimeoutMs = fromDurationJson(task.heartbeatTimeout);
  const retryPolicy = decompileRetryPolicy(task.retryPolicy);
  return {
    taskToken: base64ToBytes(task.taskToken),
    base64TaskToken: task.taskToken,
    activityId: task.activityId,
    activityType: task.activityType,
    activityNamespace: namespace,
    namespace,
    attempt: task.attempt,
    isLocal,
    ...(standaloneActivityId(workflowId) === undefined
      ? {
          inWorkflow: true,
          workflowExecution: { workflowId, runId },
          workflowNamespace: namespace,
          workflowType,
        }
      : { inWorkflow: false, activityRunId: runId }),
    scheduledTimestampMs: fromTimestampJson(task.scheduledTime),
    scheduleToCloseTimeoutMs: fromDurationJson(task.scheduleToCloseTimeout),
    startToCloseTimeoutMs: fromDurationJson(task.startToCloseTimeout),
    currentAttemptScheduledTimestampMs: fromTimestampJson(task.currentAttemptScheduledTime),
    ...(heartbeatTimeoutMs > 0 && { heartbeatTimeoutMs }),
    heartbeatDetails: converter.fromPayloads(task.heartbeatDetails)[0],
    taskQueue: task.taskQueue,
    ...(retryPolicy && { retryPolicy }),
    priority: decodePriority(task.priority),
  };
}
