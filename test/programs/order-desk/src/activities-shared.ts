export const TASK_QUEUE = 'order-desk';
