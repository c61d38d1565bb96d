/** What Temporal has apart from its workflow service: the operator's calls, as far as there is something to operate, and the health check. */

import type { ClusterService } from './cluster-service.ts';
import type { WorkflowService } from './workflow-service.ts';

export class OperatorService {
  readonly #service: WorkflowService;
  constructor(service: WorkflowService) {
    this.#service = service;
  }

  /** Types are `INDEXED_VALUE_TYPE_…`, or their numbers. Adding one that is there with the same type changes nothing. */
  addSearchAttributes(request: {
    namespace: string;
    searchAttributes: Record<string, string | number>;
  }): Promise<void> {
    return this.#service.addSearchAttributes(request);
  }

  removeSearchAttributes(request: { namespace: string; searchAttributes: string[] }): Promise<void> {
    return this.#service.removeSearchAttributes(request);
  }

  /** @throws RpcError FAILED_PRECONDITION unless it is empty */
  deleteNamespace(request: { namespace: string }): Promise<void> {
    return this.#service.deleteNamespace(request);
  }

  listSearchAttributes(request: { namespace: string }): Promise<{
    customAttributes: Record<string, string>;
    systemAttributes: Record<string, string>;
  }> {
    return this.#service.listSearchAttributes(request);
  }
}

/** The number of SERVING in gRPC's health protocol. */
const SERVING = 1;

export class HealthService {
  readonly #service: ClusterService;
  constructor(service: ClusterService) {
    this.#service = service;
  }

  /** @throws RpcError when the engine does not answer. */
  async check(_request: { service?: string } = {}): Promise<{ status: typeof SERVING }> {
    await this.#service.getSystemInfo();
    return { status: SERVING };
  }
}
