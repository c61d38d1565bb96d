/**
 * What a client gives as the engine said it, beside the types of its own: histories, what descriptions have as `raw`, the services' answers. Here
 * they are in JSON; `perdure/temporal/client`, for programs that were written for Temporal's client, has them as messages of protobuf.
 */

import type { DescribeScheduleReply } from '../common/schedule.ts';
import type { DescribeWorkflowExecutionReply, WorkflowExecutionInfo } from '../common/service.ts';
import type { History } from '../common/types.ts';
import type { FetchedHistory } from './history.ts';
import type { OperatorService } from './operator-service.ts';
import type { WorkflowService } from './workflow-service.ts';

export interface RawForms {
  history: History;
  info: object;
  description: object;
  schedule: object;
  service: object;
  operator: object;
}

/** As they travel. */
export interface JsonForms extends RawForms {
  history: FetchedHistory;
  info: WorkflowExecutionInfo;
  description: DescribeWorkflowExecutionReply;
  schedule: DescribeScheduleReply;
  service: WorkflowService;
  operator: OperatorService;
}

/** From JSON to the form that a client gives. A service stands for the same service however often it is asked for. */
export type RawWriter<F extends RawForms> = { [N in keyof RawForms]: (json: JsonForms[N]) => F[N] } & {
  /** And back: what an interceptor has made of a description. */
  descriptionInJson(description: F['description']): JsonForms['description'];
};

const same = <T>(json: T): T => json;

export const inJson: RawWriter<JsonForms> = {
  history: same,
  info: same,
  description: same,
  descriptionInJson: same,
  schedule: same,
  service: same,
  operator: same,
};

const jsonServices = new WeakMap<object, WorkflowService>();

/** Remembers which service it is that answers in another form. */
export function standsFor<S extends object>(service: S, json: WorkflowService): S {
  jsonServices.set(service, json);
  return service;
}

/** The service as the SDK uses it, whatever form its answers have for the program. */
export const jsonServiceOf = ({ workflowService }: { workflowService: object }): WorkflowService =>
  jsonServices.get(workflowService) ?? (workflowService as WorkflowService);
