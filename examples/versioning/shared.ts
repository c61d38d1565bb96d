/** What the workflow, its activities and its callers have in common. */

export const TASK_QUEUE = 'versioning';
