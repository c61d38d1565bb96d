import * as wf from '@temporalio/workflow';
import type * as activities from './activities';
import { Mutex } from './mutex';

const { assignNodesToJob, unassignNodesForJob, findBadNodes } = wf.proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

export interface ClusterState {
  status: 'NOT_STARTED' | 'STARTED' | 'SHUTTING_DOWN';
  nodes: Record<string, string | null>;
  assigned: string[];
}
export interface Result {
  assigned: number;
  bad: number;
  runs: number;
}

export const startCluster = wf.defineSignal('startCluster');
export const shutdownCluster = wf.defineSignal('shutdownCluster');
export const assign = wf.defineUpdate<{ nodes: string[] }, [{ numNodes: number; jobName: string }]>('assign');
export const remove = wf.defineUpdate<void, [{ jobName: string }]>('remove');
export const status = wf.defineQuery<ClusterState>('status');

export async function clusterManager(
  input: { state?: ClusterState; runs?: number; test?: boolean } = {},
): Promise<Result> {
  const state: ClusterState = input.state ?? {
    status: 'NOT_STARTED',
    nodes: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`${i}`, null])),
    assigned: [],
  };
  const mutex = new Mutex();
  const started = () => state.status !== 'NOT_STARTED';

  wf.setHandler(startCluster, () => {
    if (state.status === 'NOT_STARTED') state.status = 'STARTED';
    wf.log.info('Cluster started');
  });
  wf.setHandler(shutdownCluster, async () => {
    await wf.condition(started);
    state.status = 'SHUTTING_DOWN';
  });
  wf.setHandler(
    assign,
    async ({ numNodes, jobName }) => {
      await wf.condition(started);
      return await mutex.runExclusive(async () => {
        if (state.assigned.includes(jobName)) {
          return { nodes: Object.keys(state.nodes).filter((node) => state.nodes[node] === jobName) };
        }
        const free = Object.keys(state.nodes).filter((node) => state.nodes[node] === null);
        if (free.length < numNodes) {
          throw wf.ApplicationFailure.nonRetryable(
            `Cannot assign ${numNodes} nodes; have only ${free.length}`,
          );
        }
        const nodes = free.slice(0, numNodes);
        await assignNodesToJob(nodes, jobName);
        for (const node of nodes) state.nodes[node] = jobName;
        state.assigned.push(jobName);
        return { nodes };
      });
    },
    {
      validator: ({ numNodes }) => {
        if (numNodes <= 0) throw new Error(`numNodes must be positive (got ${numNodes})`);
      },
      description: 'Gives nodes to a job',
    },
  );
  wf.setHandler(remove, async ({ jobName }) => {
    await wf.condition(started);
    await mutex.runExclusive(async () => {
      const nodes = Object.keys(state.nodes).filter((node) => state.nodes[node] === jobName);
      await unassignNodesForJob(nodes, jobName);
      for (const node of nodes) state.nodes[node] = null;
    });
  });
  wf.setHandler(status, () => state);

  await wf.condition(started);
  const runs = input.runs ?? 0;
  for (;;) {
    await mutex.runExclusive(() => findBadNodes(Object.keys(state.nodes)));
    await wf.condition(() => state.status === 'SHUTTING_DOWN' || isLong(), '10s');
    if (state.status === 'SHUTTING_DOWN') break;
    if (isLong()) {
      await wf.condition(wf.allHandlersFinished);
      await wf.continueAsNew<typeof clusterManager>({ state, runs: runs + 1, test: input.test ?? false });
    }
  }
  await wf.condition(wf.allHandlersFinished);
  return { assigned: Object.values(state.nodes).filter(Boolean).length, bad: 0, runs: runs + 1 };

  function isLong(): boolean {
    if (wf.workflowInfo().continueAsNewSuggested) return true;
    return Boolean(input.test) && wf.workflowInfo().historyLength > 120;
  }
}
