/** Options that a workflow function carries itself. */

import type {
  Workflow,
  WorkflowDefinitionOptions,
  WorkflowDefinitionOptionsOrGetter,
} from '../common/types.ts';

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

export const hasDefinitionOptions = (workflow: Workflow): boolean =>
  Object.hasOwn(workflow, 'workflowDefinitionOptions');

export function definitionOptionsOf(workflow: Workflow): WorkflowDefinitionOptions {
  const options = hasDefinitionOptions(workflow)
    ? (workflow as Defined).workflowDefinitionOptions
    : undefined;
  return (typeof options === 'function' ? options() : options) ?? {};
}
