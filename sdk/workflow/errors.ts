/** Errors that say the workflow's code did something it may not do. They fail the workflow task, never the workflow. */

/** Base of the errors of the workflow runtime. */
export class WorkflowError extends Error {
  override name: string = 'WorkflowError';
}

/** Workflow code used something whose outcome a replay could not repeat. */
export class DeterminismViolationError extends WorkflowError {
  override name = 'DeterminismViolationError';
}
