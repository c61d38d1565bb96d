/** The start in update-with-start: what to start, and the handle once it is known. */

import type { WorkflowIdConflictPolicy } from '../common/enums.ts';
import { IllegalStateError } from '../common/errors.ts';
import type { Workflow } from '../common/types.ts';
import type { JsonForms, RawForms } from './raw-forms.ts';
import type { WorkflowHandle } from './workflow-handle.ts';
import type { WorkflowStartOptions } from './workflow-options.ts';

/** Options of the start; what happens when the workflow runs already must be said. */
export type WithStartWorkflowOptions<T extends Workflow> = WorkflowStartOptions<T> & {
  workflowIdConflictPolicy: WorkflowIdConflictPolicy;
};

/** That of ES2024, by a name of ours: programs are compiled against older libraries too. */
interface Settler<T> {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason?: unknown) => void;
}

const settlers = new WeakMap<object, Settler<unknown>>();

/** Used once, with `executeUpdateWithStart` or `startUpdateWithStart`. */
export class WithStartWorkflowOperation<T extends Workflow, F extends RawForms = JsonForms> {
  readonly workflowTypeOrFunc: string | T;
  readonly options: WithStartWorkflowOptions<T>;
  readonly #handle = Promise.withResolvers<unknown>();

  constructor(workflowTypeOrFunc: string | T, options: WithStartWorkflowOptions<T>) {
    this.workflowTypeOrFunc = workflowTypeOrFunc;
    this.options = options;
    // A caller who only looks at the update learns of a failed start there.
    this.#handle.promise.catch(() => undefined);
    settlers.set(this, this.#handle);
  }

  /** The workflow's handle, once the call has started or found it. Rejects when it could do neither. */
  workflowHandle(): Promise<WorkflowHandle<T, F>> {
    return this.#handle.promise as Promise<WorkflowHandle<T, F>>;
  }
}

/** Takes the right to settle the handle, once. @throws IllegalStateError when the operation was used before. */
export function takeOperation<T extends Workflow, F extends RawForms>(
  operation: WithStartWorkflowOperation<T, RawForms>,
): Settler<WorkflowHandle<T, F>> {
  const settler = settlers.get(operation);
  if (!settler)
    throw new IllegalStateError('This WithStartWorkflowOperation instance has already been executed.');
  settlers.delete(operation);
  return settler as Settler<WorkflowHandle<T, F>>;
}
