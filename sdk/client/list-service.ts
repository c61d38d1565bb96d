/** The engine's calls about lists of runs, and what they may be searched by: a part of `WorkflowService`. */

import type { CountWorkflowExecutionsReply, ListWorkflowExecutionsReply } from '../common/service.ts';
import { ActivityService } from './activity-service.ts';
import type { HttpCall } from './call.ts';
import type { Caller } from './cluster-service.ts';
import { at } from './path.ts';

interface Page {
  namespace: string;
  nextPageToken?: string;
}

/** What lists were narrowed by before there was a query language: a run of an id, or a type. */
export interface ListFilters extends Page {
  maximumPageSize?: number;
  /** RFC 3339, both included. */
  startTimeFilter?: { earliestTime?: string; latestTime?: string };
  executionFilter?: { workflowId?: string; runId?: string };
  typeFilter?: { name?: string };
}

export class ListService extends ActivityService {
  readonly #call: Caller;
  constructor(caller: Caller) {
    super(caller);
    this.#call = caller;
  }

  listWorkflowExecutions(
    request: Page & { query?: string; pageSize?: number },
  ): Promise<ListWorkflowExecutionsReply> {
    const { namespace, query, pageSize, nextPageToken } = request;
    return this.#get(at(namespace, 'workflows'), { query, pageSize, nextPageToken });
  }

  /** @deprecated As {@link listWorkflowExecutions}, whose order costs nothing here. */
  scanWorkflowExecutions(
    request: Page & { query?: string; pageSize?: number },
  ): Promise<ListWorkflowExecutionsReply> {
    return this.listWorkflowExecutions(request);
  }

  /** @deprecated {@link listWorkflowExecutions} with a query says the same. `startTimeFilter` is about when runs started. */
  listOpenWorkflowExecutions(request: ListFilters): Promise<ListWorkflowExecutionsReply> {
    return this.#filtered(request, "ExecutionStatus IN ('Running', 'Paused')", 'StartTime');
  }

  /**
   * @deprecated {@link listWorkflowExecutions} with a query says the same. `startTimeFilter` is about when runs closed, as at Temporal, whatever
   * its name says; `statusFilter.status` is a name or number of the enum.
   */
  listClosedWorkflowExecutions(
    request: ListFilters & { statusFilter?: { status?: string | number } },
  ): Promise<ListWorkflowExecutionsReply> {
    const { status } = request.statusFilter ?? {};
    const closed = status ? `ExecutionStatus = ${quoted(String(status))}` : 'CloseTime IS NOT NULL';
    return this.#filtered(request, closed, 'CloseTime');
  }

  countWorkflowExecutions(request: {
    namespace: string;
    query?: string;
  }): Promise<CountWorkflowExecutionsReply> {
    return this.#get(at(request.namespace, 'workflow-count'), { query: request.query });
  }

  /** Types are `INDEXED_VALUE_TYPE_…`. */
  listSearchAttributes(request: { namespace: string }): Promise<{
    customAttributes: Record<string, string>;
    systemAttributes: Record<string, string>;
  }> {
    return this.#get(at(request.namespace, 'search-attributes'), {});
  }

  /** Types may be given as numbers. Adding one that is there with the same type changes nothing. */
  async addSearchAttributes(request: {
    namespace: string;
    searchAttributes: Record<string, string | number>;
  }): Promise<void> {
    const { namespace, searchAttributes } = request;
    await this.#post(at(namespace, 'search-attributes'), { searchAttributes });
  }

  async removeSearchAttributes(request: { namespace: string; searchAttributes: string[] }): Promise<void> {
    const { namespace, searchAttributes } = request;
    await this.#post(at(namespace, 'search-attributes', 'remove'), { searchAttributes });
  }

  #filtered(request: ListFilters, status: string, time: string): Promise<ListWorkflowExecutionsReply> {
    const { namespace, nextPageToken, maximumPageSize } = request;
    const { startTimeFilter: within, executionFilter: run, typeFilter: type } = request;
    const conditions = [
      status,
      within?.earliestTime && `${time} >= ${quoted(within.earliestTime)}`,
      within?.latestTime && `${time} <= ${quoted(within.latestTime)}`,
      run?.workflowId && `WorkflowId = ${quoted(run.workflowId)}`,
      run?.runId && `RunId = ${quoted(run.runId)}`,
      type?.name && `WorkflowType = ${quoted(type.name)}`,
    ];
    const query = conditions.filter(Boolean).join(' AND ');
    return this.listWorkflowExecutions({
      namespace,
      query,
      ...(maximumPageSize !== undefined && { pageSize: maximumPageSize }),
      ...(nextPageToken !== undefined && { nextPageToken }),
    });
  }

  #get<T>(path: string, query: NonNullable<HttpCall['query']>): Promise<T> {
    return this.#call<T>({ method: 'GET', path, query }, {});
  }

  async #post(path: string, body: object): Promise<void> {
    await this.#call({ method: 'POST', path, body }, {});
  }
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
