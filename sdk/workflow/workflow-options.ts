/** Options that a workflow function carries itself. */

import type { Workflow } from '../common/types.ts';

export interface WorkflowDefinitionOptions {
  /**
   * Errors of these classes, thrown by the workflow function or by a signal or update handler, fail the workflow instead
   * of the workflow task. `Error` stands for every error.
   */
  failureExceptionTypes?: Array<new (...args: any[]) => Error>;
}
/** A function is called for every run when it starts. */
export type WorkflowDefinitionOptionsOrGetter = WorkflowDefinitionOptions | (() => WorkflowDefinitionOptions);

interface Defined {
  workflowDefinitionOptions?: WorkflowDefinitionOptionsOrGetter;
}

/** Gives a workflow function options: to be called where the function is defined. */
export function setWorkflowOptions<A extends any[], RT>(
  options: WorkflowDefinitionOptionsOrGetter,
  fn: (...args: A) => Promise<RT>,
): void {
  defineWorkflowOptions(fn, { workflowDefinitionOptions: options });
}

/** As {@link setWorkflowOptions}, the other way round. */
export function defineWorkflowOptions<A extends any[], RT>(
  fn: (...args: A) => Promise<RT>,
  config: { workflowDefinitionOptions?: WorkflowDefinitionOptionsOrGetter },
): void {
  Object.assign(fn, config);
}

export function definitionOptionsOf(workflow: Workflow): WorkflowDefinitionOptions {
  const options = Object.hasOwn(workflow, 'workflowDefinitionOptions')
    ? (workflow as Defined).workflowDefinitionOptions
    : undefined;
  return (typeof options === 'function' ? options() : options) ?? {};
}
