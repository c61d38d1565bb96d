/** A Worker that an engine in memory calls as a function. */

import type { WorkerDeploymentVersion } from '../common/versioning.ts';
import type { ActivityTask, WorkflowSession, WorkflowSessionInit } from '../common/worker-protocol.ts';
import type { TaskKind } from '../common/workers.ts';
import type { Handler } from '../worker/serve.ts';

export interface ServingWorker {
  handler: Handler;
  namespace: string;
  /** Of its own even where two Workers of a process have the same identity. */
  id: string;
  stopped: boolean;
  deploymentVersion?: WorkerDeploymentVersion;
  /** A task goes to it. */
  dispatched(kind: TaskKind, taskQueue: string): void;
}

/** The task as it goes there. */
export function taskFor({ deploymentVersion, dispatched }: ServingWorker, task: ActivityTask): ActivityTask {
  dispatched('activity', task.taskQueue);
  return { ...task, ...(deploymentVersion && { deploymentVersion }) };
}

/** Sessions of a Worker that was stopped are lost, as they would be with its process. */
export function openWith(worker: ServingWorker, answered: (place: () => string) => void) {
  const check = (): void => {
    if (worker.stopped) throw new Error('the Worker was stopped');
  };
  return async (init: WorkflowSessionInit): Promise<WorkflowSession> => {
    check();
    const session = worker.handler.openSession(init);
    return {
      get ended() {
        return session.ended ?? false;
      },
      feed: (events) => session.feed(events),
      [Symbol.dispose]: () => session[Symbol.dispose](),
      runWorkflowTask: async (events, updates) => {
        check();
        worker.dispatched('workflow', init.taskQueue);
        const answer = await session.runWorkflowTask(events, updates);
        answered(() => `workflow ${init.workflowId}, answer of a workflow task`);
        return answer;
      },
      proceed: async () => {
        check();
        const answer = await session.proceed();
        answered(() => `workflow ${init.workflowId}, answer of local activities`);
        return answer;
      },
      query: async (events, query) => {
        check();
        return session.query(events, query);
      },
    };
  };
}
