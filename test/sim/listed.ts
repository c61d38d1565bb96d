/** Runs as they are listed: real shards of visibility beside the rows that the world knows. */

import type { WorkflowExecution } from '../../sdk/common/history.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { memorySql } from '../../sdk/testing/memory-storage.ts';
import {
  type ShardListRequest,
  VisibilityClient,
  type VisibilityShard,
} from '../../src/visibility/client.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { ShardMap, shardOf } from '../../src/visibility/shard.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';

const SHARDS = 2;
const ALL = 1_000;

export class Listed {
  readonly #stores = Array.from({ length: SHARDS }, () => new VisibilityStore(memorySql()));
  readonly #client = new VisibilityClient(new ShardMap([SHARDS]), (number) => shard(this.#stores[number]!));

  record(record: VisibilityRecord): void {
    const { workflowId } = record.info.execution;
    this.#stores[shardOf(workflowId, SHARDS)]!.upsert(record, 0);
  }

  forget(run: WorkflowExecution, now: number): void {
    this.#stores[shardOf(run.workflowId, SHARDS)]!.forget(run, now);
  }

  page(query: string, pageSize: number, nextPageToken?: string) {
    return this.#client.list({ query, pageSize, ...(nextPageToken && { nextPageToken }) });
  }

  /** Ids of the runs that match now. */
  async all(query: string): Promise<string[]> {
    const { executions } = await this.page(query, ALL);
    return executions.map(({ execution }) => execution.runId!);
  }
}

function shard(store: VisibilityStore): VisibilityShard {
  const list = async ({ query, pageSize, cursor }: ShardListRequest) =>
    store.page(parseListQuery(query, {}), pageSize, cursor);
  return { list } as unknown as VisibilityShard;
}
