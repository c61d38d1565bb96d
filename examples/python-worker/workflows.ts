/** A workflow in TypeScript whose activities are in Python: another task queue, and nothing else. */

import { ActivityCancellationType, proxyActivities } from 'perdure/workflow';
import type { Activities } from './activities.ts';
import { type Measurements, PYTHON_TASK_QUEUE, type Report } from './shared.ts';

const { summarize, approve } = proxyActivities<Activities>({
  taskQueue: PYTHON_TASK_QUEUE,
  startToCloseTimeout: '1 minute',
});
const { simulate } = proxyActivities<Activities>({
  taskQueue: PYTHON_TASK_QUEUE,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '4 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export async function report({ numbers, rounds }: Measurements): Promise<Report> {
  const summary = await summarize(numbers);
  const simulation = await simulate(summary, rounds);
  return { summary, simulation, approval: await approve({ summary, simulation }) };
}
