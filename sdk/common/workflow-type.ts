/** What names a workflow. */

import type { Workflow } from './types.ts';

/** A workflow's type: its name, or the name of its function. @throws TypeError for anything else. */
export function extractWorkflowType<T extends Workflow>(workflowTypeOrFunc: string | T): string {
  const name = typeof workflowTypeOrFunc === 'function' ? workflowTypeOrFunc.name : workflowTypeOrFunc;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError('A workflow type is a type name or a function that has a name');
  }
  return name;
}
