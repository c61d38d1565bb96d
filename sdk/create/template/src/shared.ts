/** What the Worker and those who start workflows have in common. */

export const TASK_QUEUE = '{{name}}';
