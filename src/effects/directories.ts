/** One Worker directory per namespace and isolate: bindings, and the URLs registered with the Namespace object. */

import type { TaskQueueLimits } from '../../sdk/common/task-queues.ts';
import type { DeploymentRouting } from '../../sdk/common/versioning.ts';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import type { WorkerReport } from '../../sdk/common/workers.ts';
import { engineKeys } from '../auth/key-ring.ts';
import { isAllowedWorkerUrl } from '../auth/worker-url.ts';
import { boundWorkers, type Env, workerUrlPolicy } from '../env.ts';
import { type Listing, WorkerDirectory } from '../matching/directory.ts';
import { boundTarget, urlTarget } from '../matching/worker-target.ts';

const directories = new Map<string, WorkerDirectory>();
/** Namespace → URL → the secret that its Worker gave. */
const signingSecrets = new Map<string, ReadonlyMap<string, string | undefined>>();

export function directoryOf(env: Env, namespace: string): WorkerDirectory {
  let directory = directories.get(namespace);
  if (!directory) {
    directory = new WorkerDirectory({
      list: (report) => listWorkers(env, namespace, report),
      sighted: (description) => namespaceObject(env, namespace).sightVersion(description),
      clock: () => Date.now(),
    });
    directories.set(namespace, directory);
  }
  return directory;
}

/** The Namespace object's RPC, as far as the engine's own objects use it. */
export interface NamespaceRpc {
  routing(report: WorkerReport): Promise<{
    workers: Array<{ url: string; signingSecret?: string }>;
    deployments: DeploymentRouting[];
    limits: Record<string, TaskQueueLimits>;
  }>;
  sightVersion(description: WorkerDescription): Promise<unknown>;
  waiting(taskQueue: string, workflowId: string): Promise<void>;
}

export function namespaceObject(env: Env, namespace: string): NamespaceRpc {
  return env.NAMESPACE.getByName(namespace) as unknown as NamespaceRpc;
}

async function listWorkers(env: Env, namespace: string, report: WorkerReport): Promise<Listing> {
  const bound = boundWorkers(env).map(boundTarget);
  const { workers, deployments, limits } = await namespaceObject(env, namespace).routing(report);
  const policy = workerUrlPolicy(env);
  const reachable = workers.filter(({ url }) => isAllowedWorkerUrl(url, policy));
  const secrets = new Map(reachable.map(({ url, signingSecret }) => [url, signingSecret]));
  signingSecrets.set(namespace, secrets);
  const targets = reachable.map(({ url }) =>
    urlTarget(url, async (id, body) => {
      // A target is kept for long: the secret that it is signed with may be another one by now.
      const signingSecret = signingSecrets.get(namespace)?.get(url);
      return (await engineKeys(env)).sign({ namespace, url, signingSecret }, id, body, Date.now());
    }),
  );
  return { workers: [...bound, ...targets], deployments, limits };
}
