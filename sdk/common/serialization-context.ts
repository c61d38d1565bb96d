/** For what a payload is: converters and codecs are told with every payload, and may go by it (a key for each workflow). */

import { standaloneActivityId } from './ids.ts';

/** A payload of a workflow. For children and workflows that are signalled: that of the other workflow. */
export interface WorkflowSerializationContext {
  type: 'workflow';
  namespace: string;
  workflowId: string;
}
/** Input, result, heartbeat details or failure of an activity. */
export interface ActivitySerializationContext {
  type: 'activity';
  namespace: string;
  activityId?: string;
  /** The workflow that scheduled it, if one did. */
  workflowId?: string;
  isLocal: boolean;
}
export type SerializationContext = WorkflowSerializationContext | ActivitySerializationContext;

export const workflowContext = (namespace: string, workflowId: string): WorkflowSerializationContext => ({
  type: 'workflow',
  namespace,
  workflowId,
});

/** @param of without a workflow id, or with the address of one that belongs to no workflow: nothing is told of a workflow */
export function activityContext(
  { namespace, workflowId, activityId }: { namespace: string; workflowId?: string; activityId: string },
  isLocal = false,
): ActivitySerializationContext {
  const inWorkflow = workflowId !== undefined && standaloneActivityId(workflowId) === undefined;
  return { type: 'activity', namespace, activityId, ...(inWorkflow && { workflowId }), isLocal };
}
