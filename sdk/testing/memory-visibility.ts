/** The one visibility shard of an engine in memory. */

import type { ShardCountRequest, ShardListRequest } from '../../src/visibility/client.ts';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import type { EpochMs } from '../common/duration.ts';
import type { WorkflowExecution } from '../common/history.ts';
import type { VisibilityRecord } from '../common/service.ts';
import type { TaskKind } from '../common/workers.ts';
import type { MemoryAttributes } from './memory-attributes.ts';
import { answered, memorySql } from './memory-storage.ts';

export class MemoryVisibility {
  readonly #store = new VisibilityStore(memorySql());
  readonly #attributes: MemoryAttributes;

  constructor(attributes: MemoryAttributes) {
    this.#attributes = attributes;
  }

  /** Nobody sweeps here: the row is never due. */
  write(record: VisibilityRecord): void {
    this.#store.upsert(record, Number.MAX_SAFE_INTEGER, this.#attributes.typesFor(record));
  }

  remove(run: WorkflowExecution, now: EpochMs): void {
    this.#store.forget(run, now);
  }

  /** What the Visibility object offers. */
  readonly shard = {
    metrics: async () => this.#store.counts.samples(),
    upsert: async (records: VisibilityRecord[]) => {
      for (const record of records) this.write(record);
    },
    list: async ({ query, attributes = {}, kind, pageSize, cursor }: ShardListRequest) =>
      this.#store.page(parseListQuery(query, attributes, kind), pageSize, cursor),
    backlog: async (kind: TaskKind, taskQueue: string) => this.#store.backlog(kind, taskQueue),
    count: ({ query, attributes = {}, kind }: ShardCountRequest) =>
      answered(async () => this.#store.count(parseListQuery(query, attributes, kind))),
  };
}
