/** Names that forms offer. */

import { listWorkers, listWorkflows } from '../engine.ts';

/** What Workers serve and what ran lately: names to choose from. */
export async function knownNames(namespace: string, signal: AbortSignal) {
  const [workers, recent] = await Promise.all([
    listWorkers(namespace, signal).catch(() => []),
    listWorkflows(namespace, { pageSize: 100 }, signal).catch(() => ({ executions: [] })),
  ]);
  const queues = workers.flatMap(({ description }) => description?.taskQueues ?? []);
  const distinct = (names: string[]): string[] => [...new Set(names)].sort();
  return {
    types: distinct([
      ...queues.flatMap((q) => q.workflowTypes),
      ...recent.executions.map((run) => run.type.name),
    ]),
    taskQueues: distinct([
      ...queues.map(({ name }) => name),
      ...recent.executions.map((run) => run.taskQueue),
    ]),
  };
}
