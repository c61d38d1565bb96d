/** One Worker directory per namespace and isolate: bindings, and the URLs registered with the Namespace object. */

import { boundWorkers, type Env } from '../env.ts';
import { WorkerDirectory } from '../matching/directory.ts';
import { boundTarget, urlTarget, type WorkerTarget } from '../matching/worker-target.ts';

const directories = new Map<string, WorkerDirectory>();

export function directoryOf(env: Env, namespace: string): WorkerDirectory {
  let directory = directories.get(namespace);
  if (!directory) {
    directory = new WorkerDirectory(
      () => listWorkers(env, namespace),
      () => Date.now(),
    );
    directories.set(namespace, directory);
  }
  return directory;
}

/** The Namespace object's RPC, as far as the engine's own objects use it. */
export interface NamespaceRpc {
  listWorkers(): Promise<Array<{ url: string }>>;
  waiting(taskQueue: string, workflowId: string): Promise<void>;
}

export function namespaceObject(env: Env, namespace: string): NamespaceRpc {
  return env.NAMESPACE.getByName(namespace) as unknown as NamespaceRpc;
}

async function listWorkers(env: Env, namespace: string): Promise<WorkerTarget[]> {
  const bound = boundWorkers(env).map(boundTarget);
  const registered = await namespaceObject(env, namespace).listWorkers();
  return [...bound, ...registered.map(({ url }) => urlTarget(url))];
}
