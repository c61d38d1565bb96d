/** Activities answered from outside a task: by token (one attempt) or by id (whatever attempt it is at). */

import type { z } from 'zod';
import type {
  ActivityIdRef,
  ActivityTaskRef,
  RecordActivityTaskHeartbeatReply,
} from '../../../sdk/common/service.ts';
import { openTaskToken } from '../../auth/task-token.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';

type Either<S extends { token: z.ZodType; id: z.ZodType }> = z.output<S['token']> | z.output<S['id']>;
type ByToken = { namespace: string; taskToken: string };
type ById = { namespace: string; workflowId: string; runId?: string; activityId: string };

/** Splits a request into the activity that it names and what it says of it. */
async function addressed<R extends ByToken | ById>(
  request: R,
  call: Call,
): Promise<{ task: ActivityTaskRef | ActivityIdRef; fields: Omit<R, keyof ByToken | keyof ById> }> {
  const { namespace, taskToken, workflowId, runId, activityId, ...fields } = request as ByToken & ById;
  if (taskToken === undefined)
    return { task: { namespace, workflowId, runId, activityId }, fields: fields as never };
  const task = await openTaskToken(call.env, taskToken, namespace);
  return { task, fields: fields as never };
}

export async function respondActivityTaskCompleted(
  request: Either<typeof schemas.activityCompleted>,
  call: Call,
): Promise<object> {
  const { task, fields } = await addressed(request, call);
  await call.request(task.namespace, task.workflowId, {
    kind: 'RespondActivityTaskCompleted',
    task,
    ...fields,
  });
  return {};
}

export async function respondActivityTaskFailed(
  request: Either<typeof schemas.activityFailed>,
  call: Call,
): Promise<object> {
  const { task, fields } = await addressed(request, call);
  await call.request(task.namespace, task.workflowId, { kind: 'RespondActivityTaskFailed', task, ...fields });
  return {};
}

export async function respondActivityTaskCanceled(
  request: Either<typeof schemas.activityCanceled>,
  call: Call,
): Promise<object> {
  const { task, fields } = await addressed(request, call);
  await call.request(task.namespace, task.workflowId, {
    kind: 'RespondActivityTaskCanceled',
    task,
    ...fields,
  });
  return {};
}

export async function recordActivityTaskHeartbeat(
  request: Either<typeof schemas.activityHeartbeat>,
  call: Call,
): Promise<RecordActivityTaskHeartbeatReply> {
  const { task, fields } = await addressed(request, call);
  return call.request(task.namespace, task.workflowId, {
    kind: 'RecordActivityTaskHeartbeat',
    task,
    ...fields,
  });
}
