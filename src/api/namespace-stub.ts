/** What the Namespace object offers over RPC, and the only place that takes its stub. */

import type { Result } from '../../sdk/common/service.ts';
import type { Env } from '../env.ts';
import type { RegisteredWorker } from '../namespace/registry.ts';

export interface NamespaceStub {
  registerWorker(request: { url: string; identity?: string }): Promise<Result<RegisteredWorker>>;
  unregisterWorker(request: { url: string }): Promise<Result<{ removed: boolean }>>;
  listWorkers(): Promise<RegisteredWorker[]>;
}

export function namespaceStub(env: Env, namespace: string): NamespaceStub {
  return env.NAMESPACE.getByName(namespace) as unknown as NamespaceStub;
}
