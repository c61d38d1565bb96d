/** One request being served: the objects it may ask, each call made as safely as the request allows. */

import type { SearchAttributesJson } from '../../sdk/common/history.ts';
import type { Replies, Request, Result, ServiceRequests } from '../../sdk/common/service.ts';
import type { ListedWorker } from '../../sdk/common/workers.ts';
import type { Principal } from '../auth/principal.ts';
import { type SystemStub, systemObject } from '../auth/system-object.ts';
import type { Env } from '../env.ts';
import { typedSearchAttributes } from '../visibility/attributes.ts';
import { type VisibilityClient, visibilityClient } from '../visibility/client.ts';
import { callDurable, requestDurable } from './durable-call.ts';
import { executionStub, type WorkflowExecutionStub } from './execution-stub.ts';
import { type NamespaceStub, namespaceStub } from './namespace-stub.ts';
import type { ApiPorts } from './ports.ts';
import { type ScheduleStub, scheduleStub } from './schedule-stub.ts';

export interface Caller {
  principal: Principal;
  remoteAddress?: string;
  /** Lets something go on after the answer. */
  defer: (promise: Promise<unknown>) => void;
  /** Those who remember API keys are to ask again for this one. */
  keyRevoked: (id: string) => void;
  /** Those who remember namespaces are to ask again for this one. */
  namespaceChanged: (name: string) => void;
  /** And those who remember webhooks, for this one. */
  webhookChanged: (name: { namespace: string; webhookId: string }) => void;
}

export class Call {
  readonly env: Env;
  readonly ports: ApiPorts;
  readonly caller: Caller;
  /** Lets something go on after the answer. */
  readonly defer: (promise: Promise<unknown>) => void;

  constructor(env: Env, ports: ApiPorts, caller: Caller) {
    this.env = env;
    this.ports = ports;
    this.caller = caller;
    this.defer = caller.defer;
  }

  /** With a request id the request may be sent again without acting twice; clients that gave none get one. */
  identified<R extends { requestId?: string }>(request: R): R & { requestId: string } {
    return { ...request, requestId: request.requestId || this.ports.newId() };
  }

  /** A request that may change a run. With a request id, or as a heartbeat, it may safely be sent again. */
  request<K extends keyof ServiceRequests>(
    namespace: string,
    workflowId: string,
    request: Request<K>,
  ): Promise<Replies[K]> {
    const repeatable =
      'requestId' in request ||
      request.kind === 'RecordActivityTaskHeartbeat' ||
      request.kind === 'UpdateWorkflowExecutionOptions';
    const call = (): Promise<Result<Replies[K]>> =>
      executionStub(this.env, namespace, workflowId).request<K>(request);
    return requestDurable(this.ports, call, repeatable);
  }

  /** A read of a run, or a request that may safely be sent again. */
  execution<T>(
    namespace: string,
    workflowId: string,
    ask: (execution: WorkflowExecutionStub) => Promise<Result<T>>,
  ): Promise<T> {
    return requestDurable(this.ports, () => ask(executionStub(this.env, namespace, workflowId)), true);
  }

  /** A request to a schedule; all but a deletion may safely be sent again. */
  schedule<T>(
    { namespace, scheduleId }: { namespace: string; scheduleId: string },
    ask: (schedule: ScheduleStub) => Promise<Result<T>>,
    repeatable = true,
  ): Promise<T> {
    return requestDurable(this.ports, () => ask(scheduleStub(this.env, namespace, scheduleId)), repeatable);
  }

  /** A read of visibility. */
  visibility<T>(namespace: string, read: (client: VisibilityClient) => Promise<T>): Promise<T> {
    return callDurable(this.ports, () => read(visibilityClient(this.env, namespace)), true);
  }

  /** A change that is refused when it is sent again, and so is sent once. */
  change<T>(namespace: string, call: (stub: NamespaceStub) => Promise<Result<T>>): Promise<T> {
    return requestDurable(this.ports, () => call(namespaceStub(this.env, namespace)), false);
  }

  /** A call to the namespace's object that may be repeated. */
  namespace<T>(namespace: string, call: (stub: NamespaceStub) => Promise<Result<T>>): Promise<T> {
    return requestDurable(this.ports, () => call(namespaceStub(this.env, namespace)), true);
  }

  /** Search attributes of a start, typed. @throws ServiceError INVALID_ARGUMENT for a name the namespace does not have. */
  async typed<R extends { namespace: string; searchAttributes?: SearchAttributesJson }>(
    request: R,
  ): Promise<R> {
    const { namespace, searchAttributes } = request;
    if (!searchAttributes) return request;
    const type = () => typedSearchAttributes(this.env, namespace, searchAttributes);
    return { ...request, searchAttributes: await callDurable(this.ports, type, true) };
  }

  /** A call to the engine's own object; all of them may be repeated. */
  system<T>(call: (stub: SystemStub) => Promise<Result<T>>): Promise<T> {
    return requestDurable(this.ports, () => call(systemObject(this.env)), true);
  }

  /** In the log of the namespace; of what concerns none, in the engine's. @param target what it is about */
  async audit(rpc: string, { namespace, ...target }: Record<string, string>): Promise<void> {
    const { principal, remoteAddress } = this.caller;
    const entry = { principal: principal.subject, rpc, target, ...(remoteAddress && { remoteAddress }) };
    const log = async (): Promise<void> => {
      await (namespace === undefined ? systemObject(this.env) : namespaceStub(this.env, namespace)).audit(
        entry,
      );
    };
    await callDurable(this.ports, log, true);
  }

  workers(namespace: string): Promise<ListedWorker[]> {
    return this.namespace(namespace, async (stub) => ({ ok: await stub.listWorkers() }));
  }

  /**
   * The run writes its row to visibility itself; when it has not done so after a while, the row is sent from here, so that
   * a run whose object fails right after its start is found by the sweep.
   */
  recordStart(namespace: string, workflowId: string): void {
    const record = async (): Promise<void> => {
      try {
        if (this.ports.rowCheckMs > 0) await this.ports.pause(this.ports.rowCheckMs);
        const row = await this.execution(namespace, workflowId, (stub) => stub.unwrittenRow());
        if (row) await visibilityClient(this.env, namespace).upsert(row);
      } catch (error) {
        this.ports.logger.warn('first visibility row not written from here', {
          workflowId,
          reason: String(error),
        });
      }
    };
    this.defer(record());
  }
}
