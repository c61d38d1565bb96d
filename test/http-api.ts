/** The HTTP API as tests call it: one request each, never repeated, so that an acknowledgement means what it says. */

import type { HistoryEvent } from '../sdk/common/history.ts';
import type {
  DescribeWorkflowExecutionReply,
  GetWorkflowResultReply,
  StartWorkflowExecutionReply,
  WorkflowExecutionInfo,
} from '../sdk/common/service.ts';

export interface Answer {
  status: number;
  /** Parsed JSON. */
  body: any;
}
export interface StartOptions {
  workflowId: string;
  workflowType: string;
  taskQueue: string;
  args?: unknown[];
  /** Further fields of the request. */
  more?: object;
}
export interface HistoryPage {
  history: { events: HistoryEvent[] };
  nextPageToken?: string;
}
export type FetchEngine = (url: string, init?: RequestInit) => Promise<Response>;

export class HttpApi {
  readonly #base: string;
  readonly #fetch: FetchEngine;

  constructor(base: string, fetchEngine: FetchEngine = fetch) {
    this.#base = base;
    this.#fetch = fetchEngine;
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.#fetch(`${this.#base}/api/v1/namespaces/default${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await response.text();
    try {
      return { status: response.status, body: JSON.parse(text) };
    } catch {
      throw new Error(`${method} ${path}: HTTP ${response.status}, not JSON: ${text.slice(0, 300)}`);
    }
  }

  /** @throws Error unless the answer is a 2xx. */
  async ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: HTTP ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  start({
    workflowId,
    workflowType,
    taskQueue,
    args = [],
    more,
  }: StartOptions): Promise<StartWorkflowExecutionReply> {
    const body = {
      workflowType: { name: workflowType },
      taskQueue: { name: taskQueue },
      input: args,
      ...more,
    };
    return this.ok('POST', `/workflows/${encodeURIComponent(workflowId)}`, body);
  }

  signal(workflowId: string, name: string, args: unknown[] = [], requestId?: string): Promise<object> {
    const path = `/workflows/${encodeURIComponent(workflowId)}/signal/${name}`;
    return this.ok('POST', path, { input: args, ...(requestId && { requestId }) });
  }

  describe(workflowId: string): Promise<DescribeWorkflowExecutionReply> {
    return this.ok('GET', `/workflows/${encodeURIComponent(workflowId)}`);
  }

  async query(workflowId: string, queryType: string): Promise<unknown> {
    const path = `/workflows/${encodeURIComponent(workflowId)}/query/${queryType}`;
    const { queryResult } = await this.ok<{ queryResult: unknown[] }>('POST', path, {});
    return queryResult[0];
  }

  /** The close of the run, waited for. @throws Error when it is still open after `waitMs`. */
  async closed(
    workflowId: string,
    waitMs = 20_000,
    runId?: string,
  ): Promise<Extract<GetWorkflowResultReply, { pending: false }>> {
    const query = `waitMs=${waitMs}${runId ? `&execution.runId=${runId}` : ''}`;
    const path = `/workflows/${encodeURIComponent(workflowId)}/result?${query}`;
    const reply = await this.ok<GetWorkflowResultReply>('GET', path);
    if (reply.pending) {
      const { problems, pendingActivities, pendingWorkflowTask } = await this.describe(workflowId);
      const state = JSON.stringify({ problems, pendingActivities, pendingWorkflowTask });
      throw new Error(`${workflowId} is still open after ${waitMs} ms: ${state}`);
    }
    return reply;
  }

  /** The result value of a run that completes within `waitMs`. */
  async result(workflowId: string, waitMs = 20_000): Promise<unknown> {
    const { closeEvent } = await this.closed(workflowId, waitMs);
    const event = closeEvent as any;
    if (event.eventType !== 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED')
      throw new Error(`${workflowId} did not complete: ${JSON.stringify(event)}`);
    return event.workflowExecutionCompletedEventAttributes.result?.[0];
  }

  /** One page of history, payloads in the long form; `wait`: only once there is something behind the token. */
  historyPage(workflowId: string, { token = '', wait = false, runId = '' } = {}): Promise<HistoryPage> {
    const query = new URLSearchParams({
      noPayloadShorthand: 'true',
      ...(wait && { waitNewEvent: 'true' }),
      ...(token && { nextPageToken: token }),
      ...(runId && { 'execution.runId': runId }),
    });
    return this.ok('GET', `/workflows/${encodeURIComponent(workflowId)}/history?${query}`);
  }

  /** All events so far, payloads in the long form (as histories are kept and replayed). */
  async history(workflowId: string, runId?: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let token: string | undefined;
    for (;;) {
      const page = await this.historyPage(workflowId, { token, runId });
      events.push(...page.history.events);
      if (!page.nextPageToken || page.history.events.length === 0) return events;
      token = page.nextPageToken;
    }
  }

  async eventTypes(workflowId: string): Promise<string[]> {
    return (await this.history(workflowId)).map((event) => shortType(event));
  }

  async list(query: string): Promise<WorkflowExecutionInfo[]> {
    const path = `/workflows?query=${encodeURIComponent(query)}`;
    return (await this.ok<{ executions: WorkflowExecutionInfo[] }>('GET', path)).executions;
  }

  async count(query: string): Promise<number> {
    const reply = await this.ok<{ count: string }>(
      'GET',
      `/workflow-count?query=${encodeURIComponent(query)}`,
    );
    return Number(reply.count);
  }

  register(url: string): Promise<object> {
    return this.ok('POST', '/workers', { url });
  }
}

/** `EVENT_TYPE_TIMER_FIRED` → `TimerFired`. */
export function shortType(event: HistoryEvent): string {
  const words = event.eventType.replace('EVENT_TYPE_', '').toLowerCase().split('_');
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

/** Looks again and again until there is a value, without a fixed sleep. @throws Error with `what` when time is up. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const begin = performance.now();
  let last: unknown;
  while (performance.now() - begin < timeoutMs) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`timed out after ${timeoutMs} ms waiting for ${what}`, { cause: last });
}
