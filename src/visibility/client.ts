/** All shards of a namespace as one list: upsert to the right shard, list and count by scatter and gather. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type {
  CountWorkflowExecutionsReply,
  ListWorkflowExecutionsReply,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import { type Env, namespaces, visibilityShards } from '../env.ts';
import { type ListFilter, parseListFilter } from './list-filter.ts';
import { comparePositions, decodePageToken, encodePageToken, type ListPosition } from './position.ts';
import { shardName, shardOf } from './shard.ts';
import type { ListedRow } from './store.ts';

export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 1_000;

export interface ShardListRequest {
  query: string;
  pageSize: number;
  /** Only rows behind this place. */
  cursor?: ListPosition;
}
/** In list order; `more` when the shard has rows behind the last one. */
export interface ShardPage {
  rows: ListedRow[];
  more: boolean;
}

/** What the Visibility object offers over RPC. */
export interface VisibilityShard {
  upsert(records: VisibilityRecord[]): Promise<void>;
  list(request: ShardListRequest): Promise<ShardPage>;
  count(request: { query: string }): Promise<number>;
  sweep(): Promise<{ swept: number }>;
}

export interface ListRequest {
  query?: string;
  /** 0 or absent: {@link DEFAULT_PAGE_SIZE}; at most {@link MAX_PAGE_SIZE}. */
  pageSize?: number;
  nextPageToken?: string;
}

export class VisibilityClient {
  readonly #shard: (number: number) => VisibilityShard;
  readonly #shards: number;

  /** `shard` gives a fresh stub on every call, because a stub that failed once may stay broken. */
  constructor(shards: number, shard: (number: number) => VisibilityShard) {
    this.#shards = shards;
    this.#shard = shard;
  }

  async upsert(record: VisibilityRecord): Promise<void> {
    await this.#shard(shardOf(record.info.execution.workflowId, this.#shards)).upsert([record]);
  }

  /** @throws ServiceError INVALID_ARGUMENT for a bad query, page size or token. */
  async list(request: ListRequest): Promise<ListWorkflowExecutionsReply> {
    const { query = '', nextPageToken } = request;
    const pageSize = request.pageSize || DEFAULT_PAGE_SIZE;
    if (pageSize > MAX_PAGE_SIZE)
      throw invalidArgument(`pageSize: at most ${MAX_PAGE_SIZE}, got ${pageSize}`);
    const filter = parseListFilter(query);
    const cursor = nextPageToken ? decodePageToken(nextPageToken) : undefined;
    const shardRequest = { query, pageSize, ...(cursor && { cursor }) };
    const pages = await Promise.all(this.#shardsFor(filter).map((shard) => shard.list(shardRequest)));
    const { rows, more } = mergePages(pages, pageSize);
    return {
      executions: rows.map((row) => row.info),
      ...(more && { nextPageToken: encodePageToken(rows.at(-1)!.position) }),
    };
  }

  async count({ query = '' }: { query?: string }): Promise<CountWorkflowExecutionsReply> {
    const shards = this.#shardsFor(parseListFilter(query));
    const counts = await Promise.all(shards.map((shard) => shard.count({ query })));
    return { count: String(counts.reduce((sum, n) => sum + n, 0)) };
  }

  /** Wakes every shard's sweep (cron). A shard that fails does not keep the others asleep. */
  async sweep(): Promise<{ swept: number; failures: unknown[] }> {
    const numbers = Array.from({ length: this.#shards }, (_, number) => number);
    const results = await Promise.allSettled(numbers.map((number) => this.#shard(number).sweep()));
    return {
      swept: results.reduce((sum, r) => sum + (r.status === 'fulfilled' ? r.value.swept : 0), 0),
      failures: results.flatMap((r) => (r.status === 'rejected' ? [r.reason as unknown] : [])),
    };
  }

  /** A query for one workflow id needs one shard. */
  #shardsFor(filter: ListFilter): VisibilityShard[] {
    const byId = filter.find(({ column }) => column === 'WorkflowId');
    if (byId) return [this.#shard(shardOf(byId.value, this.#shards))];
    return Array.from({ length: this.#shards }, (_, number) => this.#shard(number));
  }
}

/**
 * The first `pageSize` rows of all. A shard that has more may have them anywhere behind its last row, so rows behind
 * the earliest such place are left for the next page.
 */
function mergePages(pages: ShardPage[], pageSize: number): ShardPage {
  const all = pages.flatMap((page) => page.rows).sort((a, b) => comparePositions(a.position, b.position));
  const frontiers = pages.filter((page) => page.more).map((page) => page.rows.at(-1)!.position);
  const frontier = frontiers.sort(comparePositions)[0];
  const known = frontier ? all.filter((row) => comparePositions(row.position, frontier) <= 0) : all;
  const rows = known.slice(0, pageSize);
  return { rows, more: rows.length < all.length || frontier !== undefined };
}

export function visibilityClient(env: Env, namespace: string): VisibilityClient {
  return new VisibilityClient(
    visibilityShards(env),
    (number) => env.VISIBILITY.getByName(shardName(namespace, number)) as unknown as VisibilityShard,
  );
}

/** Cron: wakes the sweep of every shard of every namespace. Rejects for nothing: what failed is asked again next time. */
export async function wakeShards(env: Env): Promise<void> {
  const sweeps = await Promise.all(namespaces(env).map((name) => visibilityClient(env, name).sweep()));
  for (const failure of sweeps.flatMap(({ failures }) => failures))
    console.error('sweep: a shard did not answer', String(failure));
}
