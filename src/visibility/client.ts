/** All shards of a namespace as one list: upsert to the right shard, list and count by scatter and gather. */

import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { searchAttributePayload } from '../../sdk/common/search-attributes.ts';
import type {
  CountWorkflowExecutionsReply,
  ListWorkflowExecutionsReply,
  Result,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { TaskBacklog, TaskKind } from '../../sdk/common/workers.ts';
import { type Env, visibilityShards } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import type { MetricsDelta } from '../observability/measures.ts';
import { parsedWith, searchAttributesOf } from './attributes.ts';
import type { AttributeTypes, Field } from './fields.ts';
import { type Filter, type ListQuery, parseListQuery } from './list-filter.ts';
import { directions } from './order.ts';
import { comparePositions, decodePageToken, encodePageToken, type ListPosition } from './position.ts';
import { shardName, shardOf } from './shard.ts';
import type { ListedRow, RowCount } from './store.ts';

export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 1_000;

export interface ShardCountRequest {
  query: string;
  /** The namespace's search attributes, where the query names any. */
  attributes?: AttributeTypes;
}
export interface ShardListRequest extends ShardCountRequest {
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
  /** @param deltas metrics that travel along */
  upsert(records: VisibilityRecord[], deltas?: MetricsDelta[]): Promise<void>;
  list(request: ShardListRequest): Promise<ShardPage>;
  count(request: ShardCountRequest): Promise<Result<RowCount>>;
  backlog(kind: TaskKind, taskQueue: string): Promise<TaskBacklog>;
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
  readonly #attributes: (names: readonly string[]) => Promise<AttributeTypes>;

  /**
   * @param shard gives a fresh stub on every call, because a stub that failed once may stay broken
   * @param attributes the namespace's search attributes; asked for only when a query names one
   */
  constructor(
    shards: number,
    shard: (number: number) => VisibilityShard,
    attributes: (names: readonly string[]) => Promise<AttributeTypes> = async () => ({}),
  ) {
    this.#shard = shard;
    this.#shards = shards;
    this.#attributes = attributes;
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
    const { parsed, attributes } = await this.#parse(query);
    if (parsed.groupBy) throw invalidArgument('query: GROUP BY is for counts');
    const order = directions(parsed);
    const cursor = nextPageToken ? decodePageToken(nextPageToken, order.length) : undefined;
    const shardRequest = { query, pageSize, ...attributes, ...(cursor && { cursor }) };
    const pages = await Promise.all(this.#shardsFor(parsed).map((shard) => shard.list(shardRequest)));
    const { rows, more } = mergePages(pages, pageSize, comparePositions(order));
    return {
      executions: rows.map((row) => row.info),
      ...(more && { nextPageToken: encodePageToken(rows.at(-1)!.position) }),
    };
  }

  /** @throws ServiceError INVALID_ARGUMENT for a bad query. */
  async count({ query = '' }: { query?: string }): Promise<CountWorkflowExecutionsReply> {
    const { parsed, attributes } = await this.#parse(query);
    if (parsed.orderBy.length > 0) throw invalidArgument('query: ORDER BY is for lists');
    const shards = this.#shardsFor(parsed);
    const ask = async (shard: VisibilityShard): Promise<RowCount> => {
      const result = await shard.count({ query, ...attributes });
      if ('error' in result) throw ServiceError.fromData(result.error);
      return result.ok;
    };
    const counts = await Promise.all(shards.map(ask));
    const count = String(counts.reduce((sum, one) => sum + one.count, 0));
    return parsed.groupBy ? { count, groups: mergeGroups(counts, parsed.groupBy) } : { count };
  }

  /** Tasks that wait on a task queue, of all runs. */
  async backlog(kind: TaskKind, taskQueue: string): Promise<TaskBacklog> {
    const numbers = Array.from({ length: this.#shards }, (_, number) => number);
    const all = await Promise.all(numbers.map((number) => this.#shard(number).backlog(kind, taskQueue)));
    const times = all.flatMap(({ since }) => since ?? []);
    const count = all.reduce((sum, one) => sum + one.count, 0);
    return { count, ...(times.length > 0 && { since: Math.min(...times) }) };
  }

  #parse(query: string): Promise<{ parsed: ListQuery; attributes: { attributes?: AttributeTypes } }> {
    return parsedWith((attributes) => parseListQuery(query, attributes), this.#attributes);
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
  #shardsFor({ filter }: ListQuery): VisibilityShard[] {
    const workflowId = filter && onlyWorkflowId(filter);
    if (workflowId !== undefined) return [this.#shard(shardOf(workflowId, this.#shards))];
    return Array.from({ length: this.#shards }, (_, number) => this.#shard(number));
  }
}

/** The workflow id that every match must have, where the filter says so plainly. */
function onlyWorkflowId(filter: Filter): string | undefined {
  if (filter.kind === 'and') return filter.operands.map(onlyWorkflowId).find((id) => id !== undefined);
  const equality = filter.kind === 'compare' && filter.operator === '=';
  return equality && filter.field.name === 'WorkflowId' ? String(filter.value) : undefined;
}

/**
 * The first `pageSize` rows of all. A shard that has more may have them anywhere behind its last row, so rows behind
 * the earliest such place are left for the next page.
 */
function mergePages(
  pages: ShardPage[],
  pageSize: number,
  compare: (a: ListPosition, b: ListPosition) => number,
): ShardPage {
  const all = pages.flatMap((page) => page.rows).sort((a, b) => compare(a.position, b.position));
  const frontiers = pages.filter((page) => page.more).map((page) => page.rows.at(-1)!.position);
  const frontier = frontiers.sort(compare)[0];
  const known = frontier ? all.filter((row) => compare(row.position, frontier) <= 0) : all;
  const rows = known.slice(0, pageSize);
  return { rows, more: rows.length < all.length || frontier !== undefined };
}

/** The largest group first. Runs without a value have no group, but are counted. */
function mergeGroups(counts: RowCount[], field: Field): NonNullable<CountWorkflowExecutionsReply['groups']> {
  const sums = new Map<string | number, number>();
  for (const { value, count } of counts.flatMap(({ groups }) => groups))
    if (value !== null) sums.set(value, (sums.get(value) ?? 0) + count);
  return [...sums]
    .toSorted(([, a], [, b]) => b - a)
    .map(([value, count]) => ({
      groupValues: [searchAttributePayload(field.type, field.type === 'BOOL' ? value === 1 : value)],
      count: String(count),
    }));
}

export function visibilityClient(env: Env, namespace: string): VisibilityClient {
  return new VisibilityClient(
    visibilityShards(env),
    (number) => env.VISIBILITY.getByName(shardName(namespace, number)) as unknown as VisibilityShard,
    (names) => searchAttributesOf(env, namespace, names),
  );
}

/** Cron: wakes the sweep of every shard of these namespaces. Rejects for nothing: what failed is asked again next time. */
export async function wakeShards(env: Env, namespaces: string[]): Promise<void> {
  const sweeps = await Promise.all(namespaces.map((name) => visibilityClient(env, name).sweep()));
  for (const failure of sweeps.flatMap(({ failures }) => failures))
    jsonLogger.error('sweep: a shard did not answer', { reason: String(failure) });
}
