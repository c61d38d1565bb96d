/** All shards of a namespace as one list: upsert to the right shard, list and count by scatter and gather. */

import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { lacksMethod } from '../../sdk/common/js-rpc.ts';
import { searchAttributePayload } from '../../sdk/common/search-attributes.ts';
import type {
  CountWorkflowExecutionsReply,
  ListWorkflowExecutionsReply,
  Result,
  VisibilityRecord,
} from '../../sdk/common/service.ts';
import type { TaskBacklog, TaskKind } from '../../sdk/common/workers.ts';
import type { Env } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import type { MetricsDelta } from '../observability/measures.ts';
import type { ListedKind } from './activity-lists.ts';
import { parsedWith, searchAttributesOf } from './attributes.ts';
import type { AttributeTypes, Field } from './fields.ts';
import { type Filter, type ListQuery, parseListQuery } from './list-filter.ts';
import { mergePages, type ShardPage } from './merge.ts';
import { directions } from './order.ts';
import {
  comparePositions,
  compareText,
  decodePageToken,
  encodePageToken,
  type ListPosition,
} from './position.ts';
import type { CopiedRow, RowKey } from './row-transfer.ts';
import { type ShardMap, shardMap, shardName } from './shard.ts';
import { statusNumber } from './status.ts';
import type { ListedRow, RowCount } from './store.ts';

export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 1_000;

export interface ShardCountRequest {
  query: string;
  /** The namespace's search attributes, where the query names any. */
  attributes?: AttributeTypes;
  /** Absent: workflows. */
  kind?: ListedKind;
}
export interface ShardListRequest extends ShardCountRequest {
  pageSize: number;
  /** Only rows behind this place. */
  cursor?: ListPosition;
}
/** What the Visibility object offers over RPC. */
export interface VisibilityShard {
  /** @param deltas metrics that travel along */
  upsert(records: VisibilityRecord[], deltas?: MetricsDelta[]): Promise<void>;
  list(request: ShardListRequest): Promise<ShardPage>;
  count(request: ShardCountRequest): Promise<Result<RowCount>>;
  backlog(kind: TaskKind, taskQueue: string): Promise<TaskBacklog>;
  sweep(): Promise<{ swept: number }>;
  /** Which of these rows the shard has in a newer version. */
  newer(rows: CopiedRow[]): Promise<RowKey[]>;
  /** May the shard still have rows whose home is another? */
  isMoving(): Promise<boolean>;
}

export interface ListRequest {
  query?: string;
  /** 0 or absent: {@link DEFAULT_PAGE_SIZE}; at most {@link MAX_PAGE_SIZE}. */
  pageSize?: number;
  nextPageToken?: string;
  /** Default: workflows. */
  kind?: ListedKind;
}

export class VisibilityClient {
  readonly #shard: (number: number) => VisibilityShard;
  readonly #map: ShardMap;
  readonly #attributes: (names: readonly string[]) => Promise<AttributeTypes>;

  /**
   * @param shard gives a fresh stub on every call, because a stub that failed once may stay broken
   * @param attributes the namespace's search attributes; asked for only when a query names one
   */
  constructor(
    map: ShardMap,
    shard: (number: number) => VisibilityShard,
    attributes: (names: readonly string[]) => Promise<AttributeTypes> = async () => ({}),
  ) {
    this.#shard = shard;
    this.#map = map;
    this.#attributes = attributes;
  }

  async upsert(record: VisibilityRecord): Promise<void> {
    await this.#shard(this.#map.home(record.info.execution.workflowId)).upsert([record]);
  }

  /** @throws ServiceError INVALID_ARGUMENT for a bad query, page size or token. */
  async list(request: ListRequest): Promise<ListWorkflowExecutionsReply> {
    const { query = '', nextPageToken, kind } = request;
    const pageSize = request.pageSize || DEFAULT_PAGE_SIZE;
    if (pageSize > MAX_PAGE_SIZE)
      throw invalidArgument(`pageSize: at most ${MAX_PAGE_SIZE}, got ${pageSize}`);
    const { parsed, attributes } = await this.#parse(query, kind);
    if (parsed.groupBy) throw invalidArgument('query: GROUP BY is for counts');
    const order = directions(parsed);
    const cursor = nextPageToken ? decodePageToken(nextPageToken, order.length) : undefined;
    const shardRequest = { query, pageSize, ...attributes, ...(kind && { kind }), ...(cursor && { cursor }) };
    const workflowId = onlyWorkflowId(parsed);
    const waves = workflowId === undefined ? this.#map.waves() : this.#map.wavesOf(workflowId);
    const pages: ShardPage[] = [];
    for (const wave of waves)
      pages.push(...(await Promise.all(wave.map((number) => this.#shard(number).list(shardRequest)))));
    const refused = pages.find((page) => page.refused)?.refused;
    if (refused) throw ServiceError.fromData(refused);
    const { rows, next } = mergePages(pages, pageSize, comparePositions(order));
    const executions = this.#map.grows ? await this.#withoutStale(rows) : rows;
    return {
      executions: executions.map((row) => row.info),
      ...(next && { nextPageToken: encodePageToken(next) }),
    };
  }

  /**
   * While rows move, an old one may stand beside the newer one, at another place of the list or where the query finds the
   * old one alone: it is left out.
   */
  async #withoutStale(rows: ListedRow[]): Promise<ListedRow[]> {
    const byShard = new Map<number, CopiedRow[]>();
    for (const { position, version, detail } of rows) {
      const { workflowId, runId } = position;
      for (const number of this.#map.wavesOf(workflowId).flat())
        byShard.set(number, [...(byShard.get(number) ?? []), { workflowId, runId, version, detail }]);
    }
    const asked = [...byShard].map(([number, own]) => this.#shard(number).newer(own).catch(unlessOlder));
    const stale = new Set((await Promise.all(asked)).flat().map(({ runId }) => runId));
    return rows.filter(({ position }) => !stale.has(position.runId));
  }

  /** @throws ServiceError INVALID_ARGUMENT for a bad query. */
  async count({
    query = '',
    kind,
  }: Pick<ListRequest, 'query' | 'kind'>): Promise<CountWorkflowExecutionsReply> {
    const { parsed, attributes } = await this.#parse(query, kind);
    if (parsed.orderBy.length > 0) throw invalidArgument('query: ORDER BY is for lists');
    const workflowId = onlyWorkflowId(parsed);
    const numbers = workflowId === undefined ? this.#map.all() : this.#map.wavesOf(workflowId).flat();
    const ask = async (shard: VisibilityShard): Promise<RowCount> => {
      const result = await shard.count({ query, ...attributes, ...(kind && { kind }) });
      if ('error' in result) throw ServiceError.fromData(result.error);
      return result.ok;
    };
    const counts = await Promise.all(numbers.map((number) => ask(this.#shard(number))));
    const count = String(counts.reduce((sum, one) => sum + one.count, 0));
    return parsed.groupBy ? { count, groups: mergeGroups(counts, parsed.groupBy) } : { count };
  }

  /** Tasks that wait on a task queue, of all runs. */
  async backlog(kind: TaskKind, taskQueue: string): Promise<TaskBacklog> {
    const all = await Promise.all(
      this.#map.all().map((number) => this.#shard(number).backlog(kind, taskQueue)),
    );
    const times = all.flatMap(({ since }) => since ?? []);
    const count = all.reduce((sum, one) => sum + one.count, 0);
    return { count, ...(times.length > 0 && { since: Math.min(...times) }) };
  }

  #parse(
    query: string,
    kind?: ListedKind,
  ): Promise<{ parsed: ListQuery; attributes: { attributes?: AttributeTypes } }> {
    return parsedWith((attributes) => parseListQuery(query, attributes, kind), this.#attributes);
  }

  /** Wakes every shard's sweep (cron). A shard that fails does not keep the others asleep. */
  async sweep(): Promise<{ swept: number; failures: unknown[] }> {
    const results = await Promise.allSettled(this.#map.all().map((number) => this.#shard(number).sweep()));
    return {
      swept: results.reduce((sum, r) => sum + (r.status === 'fulfilled' ? r.value.swept : 0), 0),
      failures: results.flatMap((r) => (r.status === 'rejected' ? [r.reason as unknown] : [])),
    };
  }

  /**
   * How many shards may still have rows whose home is another since the number of shards has grown. One that does not answer
   * may: who describes the namespace learns the rest all the same.
   */
  async moving(): Promise<number> {
    const ask = (number: number): Promise<boolean> =>
      this.#shard(number)
        .isMoving()
        .catch(() => true);
    const moving = await Promise.all(this.#map.all().map(ask));
    return moving.filter(Boolean).length;
  }
}

/** During a deployment a shard may still be an object of the engine before, which moves no rows. */
const unlessOlder = (error: unknown): [] => {
  if (lacksMethod(error)) return [];
  throw error;
};

/** The workflow id that every match must have, where the query says so plainly: it needs one shard. */
const onlyWorkflowId = ({ filter }: ListQuery): string | undefined => filter && soleWorkflowId(filter);

function soleWorkflowId(filter: Filter): string | undefined {
  if (filter.kind === 'and') return filter.operands.map(soleWorkflowId).find((id) => id !== undefined);
  const equality = filter.kind === 'compare' && filter.operator === '=';
  return equality && filter.field.name === 'WorkflowId' ? String(filter.value) : undefined;
}

/** In the order of their values, statuses in that of their numbers, as Temporal's own store gives them. Runs without a value have no group, but are counted. */
function mergeGroups(counts: RowCount[], field: Field): NonNullable<CountWorkflowExecutionsReply['groups']> {
  const sums = new Map<string | number, number>();
  for (const { value, count } of counts.flatMap(({ groups }) => groups))
    if (value !== null) sums.set(value, (sums.get(value) ?? 0) + count);
  return [...sums]
    .toSorted(([a], [b]) => compareValues(a, b, field))
    .map(([value, count]) => ({
      groupValues: [searchAttributePayload(field.type, field.type === 'BOOL' ? value === 1 : value)],
      count: String(count),
    }));
}

function compareValues(a: string | number, b: string | number, { name }: Field): number {
  if (name === 'ExecutionStatus') return statusNumber(String(a)) - statusNumber(String(b));
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b));
}

export function visibilityClient(env: Env, namespace: string): VisibilityClient {
  return new VisibilityClient(
    shardMap(env),
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
