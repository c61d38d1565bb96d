/** One Worker directory per namespace and isolate: bindings, and the URLs registered with the Namespace object. */

import type { DeploymentRouting } from '../../sdk/common/versioning.ts';
import type { WorkerDescription } from '../../sdk/common/worker-protocol.ts';
import { boundWorkers, type Env } from '../env.ts';
import { type Listing, WorkerDirectory } from '../matching/directory.ts';
import { boundTarget, urlTarget } from '../matching/worker-target.ts';

const directories = new Map<string, WorkerDirectory>();

export function directoryOf(env: Env, namespace: string): WorkerDirectory {
  let directory = directories.get(namespace);
  if (!directory) {
    directory = new WorkerDirectory({
      list: () => listWorkers(env, namespace),
      sighted: (description) => namespaceObject(env, namespace).sightVersion(description),
      clock: () => Date.now(),
    });
    directories.set(namespace, directory);
  }
  return directory;
}

/** The Namespace object's RPC, as far as the engine's own objects use it. */
export interface NamespaceRpc {
  routing(): Promise<{ urls: string[]; deployments: DeploymentRouting[] }>;
  sightVersion(description: WorkerDescription): Promise<unknown>;
  waiting(taskQueue: string, workflowId: string): Promise<void>;
}

export function namespaceObject(env: Env, namespace: string): NamespaceRpc {
  return env.NAMESPACE.getByName(namespace) as unknown as NamespaceRpc;
}

async function listWorkers(env: Env, namespace: string): Promise<Listing> {
  const bound = boundWorkers(env).map(boundTarget);
  const { urls, deployments } = await namespaceObject(env, namespace).routing();
  return { workers: [...bound, ...urls.map(urlTarget)], deployments };
}
