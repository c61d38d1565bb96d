/** The schedules of all shards as one list, by id. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { base64ToBytes, bytesToBase64 } from '../../sdk/common/payload.ts';
import type { ListSchedulesReply, ScheduleListEntry, ScheduleRecord } from '../../sdk/common/schedule.ts';
import type { Env } from '../env.ts';
import { parsedWith, searchAttributesOf } from './attributes.ts';
import type { AttributeTypes } from './fields.ts';
import { compareText } from './position.ts';
import { parseScheduleFilter } from './schedule-filter.ts';
import { type ShardMap, shardMap, shardName } from './shard.ts';

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;

export interface ScheduleCountRequest {
  query: string;
  /** The namespace's search attributes, where the query names any. */
  attributes?: AttributeTypes;
}
export interface ScheduleListRequest extends ScheduleCountRequest {
  limit: number;
  after: string;
}
/** What the Visibility object offers for schedules over RPC. */
interface ScheduleShard {
  recordSchedule(record: ScheduleRecord): Promise<number | undefined>;
  /** One more than the limit where there is one. */
  listSchedules(request: ScheduleListRequest): Promise<ScheduleListEntry[]>;
  countSchedules(request: ScheduleCountRequest): Promise<number>;
}

const shard = (env: Env, namespace: string, number: number): ScheduleShard =>
  env.VISIBILITY.getByName(shardName(namespace, number)) as unknown as ScheduleShard;

export function recordSchedule(
  env: Env,
  namespace: string,
  record: ScheduleRecord,
): Promise<number | undefined> {
  return shard(env, namespace, shardMap(env).home(record.entry.scheduleId)).recordSchedule(record);
}

export async function listSchedules(
  env: Env,
  namespace: string,
  request: { query?: string; pageSize?: number; nextPageToken?: string },
): Promise<ListSchedulesReply> {
  const { query = '', nextPageToken } = request;
  const limit = request.pageSize || DEFAULT_PAGE_SIZE;
  if (limit > MAX_PAGE_SIZE) throw invalidArgument(`maximumPageSize: at most ${MAX_PAGE_SIZE}, got ${limit}`);
  const { attributes } = await parse(env, namespace, query);
  const after = nextPageToken ? decodeToken(nextPageToken) : '';
  const map = shardMap(env);
  const pages: Array<{ number: number; entries: ScheduleListEntry[] }> = [];
  for (const wave of map.waves())
    pages.push(
      ...(await Promise.all(
        wave.map(async (number) => ({
          number,
          entries: await shard(env, namespace, number).listSchedules({ query, ...attributes, limit, after }),
        })),
      )),
    );
  const found = mergeSchedules(map, pages);
  const schedules = found.slice(0, limit);
  const more = found.length > limit;
  return { schedules, ...(more && { nextPageToken: encodeToken(schedules.at(-1)!.scheduleId) }) };
}

/** By id. One that moves stands in two shards: that of its home counts. */
export function mergeSchedules(
  map: ShardMap,
  pages: ReadonlyArray<{ number: number; entries: ScheduleListEntry[] }>,
): ScheduleListEntry[] {
  const found = new Map<string, ScheduleListEntry>();
  for (const { number, entries } of pages)
    for (const entry of entries)
      if (!found.has(entry.scheduleId) || map.home(entry.scheduleId) === number)
        found.set(entry.scheduleId, entry);
  return [...found.values()].sort((a, b) => compareText(a.scheduleId, b.scheduleId));
}

export async function countSchedules(env: Env, namespace: string, query = ''): Promise<number> {
  const { attributes } = await parse(env, namespace, query);
  const counts = await Promise.all(
    shardMap(env)
      .all()
      .map((number) => shard(env, namespace, number).countSchedules({ query, ...attributes })),
  );
  return counts.reduce((sum, n) => sum + n, 0);
}

const parse = (env: Env, namespace: string, query: string) =>
  parsedWith(
    (attributes) => parseScheduleFilter(query, attributes),
    (names) => searchAttributesOf(env, namespace, names),
  );

function encodeToken(scheduleId: string): string {
  const text = bytesToBase64(new TextEncoder().encode(JSON.stringify(['schedule', scheduleId])));
  return text.replaceAll('+', '-').replaceAll('/', '_');
}

function decodeToken(token: string): string {
  try {
    const bytes = base64ToBytes(token.replaceAll('-', '+').replaceAll('_', '/'));
    const [kind, scheduleId] = JSON.parse(new TextDecoder().decode(bytes)) as unknown[];
    if (kind === 'schedule' && typeof scheduleId === 'string') return scheduleId;
  } catch {
    // Not base64, or not JSON: refused below like any other text.
  }
  throw invalidArgument('nextPageToken: not a paging token of this list');
}
