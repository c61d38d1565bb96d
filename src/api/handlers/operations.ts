/** For those who operate workflows: going back in a run's history; pausing; pending activities. */

import type { z } from 'zod';
import { invalidArgument } from '../../../sdk/common/errors.ts';
import type {
  ActivityOptionsJson,
  ResetWorkflowExecutionReply,
  UpdateActivityOptionsReply,
} from '../../../sdk/common/service.ts';
import type { Call } from '../call.ts';
import * as schemas from '../operation-schemas.ts';

type Of<S extends z.ZodType> = z.output<S>;

export async function resetWorkflowExecution(
  request: Of<typeof schemas.reset>,
  call: Call,
): Promise<ResetWorkflowExecutionReply> {
  const { namespace, workflowExecution } = request;
  const reply = await call.request(namespace, workflowExecution.workflowId, {
    kind: 'ResetWorkflowExecution',
    ...call.identified(request),
  });
  call.recordStart(namespace, workflowExecution.workflowId);
  return reply;
}

type Pausing = Of<typeof schemas.pauseWorkflow>;

async function change(
  kind: 'PauseWorkflowExecution' | 'UnpauseWorkflowExecution',
  request: Pausing,
  call: Call,
): Promise<object> {
  await call.request(request.namespace, request.workflowId, { kind, ...call.identified(request) });
  return {};
}
export const pauseWorkflowExecution = (request: Pausing, call: Call): Promise<object> =>
  change('PauseWorkflowExecution', request, call);
export const unpauseWorkflowExecution = (request: Pausing, call: Call): Promise<object> =>
  change('UnpauseWorkflowExecution', request, call);

export async function pauseActivity(request: Of<typeof schemas.pauseActivity>, call: Call): Promise<object> {
  const { namespace, execution } = request;
  await call.request(namespace, execution.workflowId, { kind: 'PauseActivity', ...request });
  return {};
}

export async function unpauseActivity(
  request: Of<typeof schemas.unpauseActivity>,
  call: Call,
): Promise<object> {
  const { namespace, execution } = request;
  await call.request(namespace, execution.workflowId, { kind: 'UnpauseActivity', ...request });
  return {};
}

export async function resetActivity(request: Of<typeof schemas.resetActivity>, call: Call): Promise<object> {
  const { namespace, execution } = request;
  await call.request(namespace, execution.workflowId, { kind: 'ResetActivity', ...request });
  return {};
}

export function updateActivityOptions(
  { updateMask, ...request }: Of<typeof schemas.updateActivityOptions>,
  call: Call,
): Promise<UpdateActivityOptionsReply> {
  const { namespace, execution, activityOptions } = request;
  return call.request(namespace, execution.workflowId, {
    kind: 'UpdateActivityOptions',
    ...request,
    ...(activityOptions && { activityOptions: masked(activityOptions, updateMask) }),
  });
}

/** An activity that the path names, as those calls take it that name any of a run. */
export function oneActivity<R extends object, T>(
  handle: (request: R, call: Call) => Promise<T>,
): (request: OneActivity, call: Call) => Promise<T> {
  return ({ workflowId, runId, activityId: id, requestId: _, ...request }, call) =>
    handle({ ...request, id, execution: { workflowId, ...(runId && { runId }) } } as unknown as R, call);
}
interface OneActivity {
  workflowId: string;
  runId?: string | undefined;
  activityId: string;
  requestId?: string | undefined;
}

/** Only what the mask names, if there is one; a duration that it names and that is not given is taken away. */
function masked(options: ActivityOptionsJson, mask: string | undefined): ActivityOptionsJson {
  if (!mask) return options;
  const paths = mask.split(',').map((path) => path.trim().split('.').map(camel));
  const chosen: Record<string, unknown> = {};
  for (const [name = '', field] of paths) {
    if (!schemas.activityOptionNames.includes(name))
      throw invalidArgument(`updateMask: ${name} is no option of an activity`);
    const value = options[name as keyof ActivityOptionsJson];
    if (name === 'retryPolicy' && field) {
      const policy = value as Record<string, unknown> | undefined;
      chosen[name] = { ...(chosen[name] as object), [field]: policy?.[field] };
    } else chosen[name] = value ?? (name.endsWith('Timeout') ? '0s' : undefined);
  }
  return chosen as ActivityOptionsJson;
}

const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
