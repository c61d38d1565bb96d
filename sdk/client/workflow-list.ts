/** Lists of workflows, and the histories of what is listed. */

import type { HistoryAndWorkflowId } from '../common/types.ts';
import { toClientError } from './errors.ts';
import { executionInfoFromRaw, type WorkflowExecutionInfo } from './execution-info.ts';
import type { JsonForms, RawForms } from './raw-forms.ts';
import type { WorkflowClient } from './workflow-client.ts';

export interface ListOptions {
  /** Executions per call to the engine. Default 1,000. */
  pageSize?: number;
  /** A list filter, for example `WorkflowType = 'moneyTransfer' AND ExecutionStatus = 'Running'`. */
  query?: string;
}

export interface IntoHistoriesOptions {
  /** How many are read at a time. Default 5. */
  concurrency?: number;
  /** How many are read ahead of the one that is looked at; never more than `concurrency`. */
  bufferLimit?: number;
}

export interface AsyncWorkflowListIterable<F extends RawForms = JsonForms>
  extends AsyncIterable<WorkflowExecutionInfo<F>> {
  /** The histories of the listed workflows, in their order. */
  intoHistories(options?: IntoHistoriesOptions): AsyncIterable<HistoryAndWorkflowId<F['history']>>;
}

const DEFAULT_CONCURRENCY = 5;

export function listWorkflows<F extends RawForms>(
  client: WorkflowClient<F>,
  options: ListOptions,
): AsyncWorkflowListIterable<F> {
  return {
    [Symbol.asyncIterator]: () => list(client, options),
    intoHistories({ concurrency = DEFAULT_CONCURRENCY, bufferLimit = concurrency } = {}) {
      return readAhead(
        list(client, options),
        async ({ workflowId, runId }) => ({
          workflowId,
          history: await client.getHandle(workflowId, runId).fetchHistory(),
        }),
        Math.min(concurrency, Math.max(bufferLimit, 1)),
      );
    },
  };
}

async function* list<F extends RawForms>(
  client: WorkflowClient<F>,
  { query, pageSize }: ListOptions,
): AsyncGenerator<WorkflowExecutionInfo<F>> {
  const { jsonService, namespace, dataConverter, raws } = client;
  let nextPageToken: string | undefined;
  do {
    const page = await jsonService
      .listWorkflowExecutions({
        namespace,
        ...(query && { query }),
        ...(pageSize && { pageSize }),
        ...(nextPageToken && { nextPageToken }),
      })
      .catch((error) => {
        throw toClientError(error, 'Failed to list workflows');
      });
    for (const raw of page.executions ?? [])
      yield { ...(await executionInfoFromRaw(raw, dataConverter, namespace)), raw: raws.info(raw) };
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
}

/** Maps a stream with a few items under way at a time; answers come in the order of the items. */
async function* readAhead<T, R>(
  items: AsyncGenerator<T>,
  map: (item: T) => Promise<R>,
  ahead: number,
): AsyncGenerator<R> {
  const underWay: Array<Promise<R>> = [];
  try {
    for await (const item of items) {
      const mapped = map(item);
      // Its failure is thrown when its turn comes, and is nobody's if the reader has gone by then.
      mapped.catch(() => undefined);
      underWay.push(mapped);
      if (underWay.length >= ahead) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await items.return(undefined);
  }
}
