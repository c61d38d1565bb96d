/**
 * An engine, page by page. Nothing is kept of where a backup stands but its token, so that it goes on from any page after
 * whatever failure. Schedules come before the runs that they start; and what was started while the backup was made is
 * looked at again at its end, so that a parent's children are there as well.
 */

import {
  BACKUP_FORMAT,
  type BackupEntry,
  type ExportBackupReply,
  type TablesKind,
} from '../../sdk/common/backup.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import type { Result } from '../../sdk/common/service.ts';
import { allNamespaces } from '../auth/namespace-cache.ts';
import { type Env, now } from '../env.ts';
import { backedUpExecution, shardsOf, tablesObject } from './objects.ts';

const stages = ['system', 'namespace', 'batch', 'schedule', 'workflow', 'again'] as const;
type Stage = (typeof stages)[number];

/** The next object, or the next page of one. */
interface Place {
  /** When the backup was begun. */
  began: number;
  stage: Stage;
  namespace: string;
  shard: number;
  /** Objects behind this one. */
  after: string;
  /** Of a large object: which, and from where. */
  within?: { id: string; cursor: string };
}

/** A page ends behind the entry that makes it longer than this. */
const PAGE_LENGTH = 1_000_000;
const MAX_ENTRIES = 200;
/** And after so many looks, however little they find: the platform bounds what one request may ask, and how long it takes. */
const MAX_STEPS = 100;
const IDS_AT_ONCE = 50;
/** Clocks differ, and rows of new runs come a moment late. */
const OVERLAP_MS = 60_000;

export async function exportBackup(env: Env, pageToken: string | undefined): Promise<ExportBackupReply> {
  const names = (await allNamespaces(env)).map(({ name }) => name);
  let place: Place | undefined = pageToken
    ? decodePlace(pageToken)
    : { began: now(env), stage: 'system', namespace: '', shard: 0, after: '' };
  const entries: string[] = [];
  let length = 0;
  for (let steps = 0; place && steps < MAX_STEPS; steps++) {
    if (entries.length >= MAX_ENTRIES || length >= PAGE_LENGTH) break;
    const step = await stepFrom(env, names, place);
    for (const entry of step.entries) {
      const line = JSON.stringify(entry);
      entries.push(line);
      length += line.length;
    }
    place = step.next;
  }
  return { format: BACKUP_FORMAT, entries, ...(place && { nextPageToken: encodePlace(place) }) };
}

interface Step {
  entries: BackupEntry[];
  next: Place | undefined;
}

async function stepFrom(env: Env, names: string[], place: Place): Promise<Step> {
  const { stage, namespace } = place;
  if (stage === 'system')
    return { entries: await tablesOf(env, stage, '', ''), next: nextStage(place, names) };
  if (stage === 'namespace' || stage === 'batch')
    return { entries: await tablesOf(env, stage, namespace, ''), next: nextNamespace(place, names) };
  return stepWithin(env, names, place);
}

async function tablesOf(env: Env, kind: TablesKind, namespace: string, id: string): Promise<BackupEntry[]> {
  const tables = await tablesObject(env, kind, namespace, id).dumpTables();
  return tables.length > 0 ? [{ kind, namespace, id, tables }] : [];
}

/** Schedules and workflows: what the shards of visibility know of. */
async function stepWithin(env: Env, names: string[], place: Place): Promise<Step> {
  const { stage, namespace, after, within } = place;
  if (within) return pageOf(env, place, within.id, within.cursor);
  const shards = shardsOf(env, namespace);
  const shard = shards[place.shard];
  if (!shard) return { entries: [], next: nextNamespace(place, names) };
  const limit = IDS_AT_ONCE;
  if (stage === 'schedule') {
    const ids = await shard.scheduleIds({ after, limit });
    const found = await Promise.all(ids.map((id) => tablesOf(env, 'schedule', namespace, id)));
    return { entries: found.flat(), next: behind(place, ids, limit) };
  }
  const startedSince = stage === 'again' ? place.began - OVERLAP_MS : undefined;
  const ids = await shard.workflowIds({ after, limit, ...(startedSince !== undefined && { startedSince }) });
  const entries: BackupEntry[] = [];
  let length = 0;
  for (const [i, id] of ids.entries()) {
    const step = await pageOf(env, { ...place, after: ids[i - 1] ?? after }, id);
    entries.push(...step.entries);
    length += JSON.stringify(step.entries).length;
    if (step.next?.within || length > PAGE_LENGTH) return { entries, next: step.next };
  }
  return { entries, next: behind(place, ids, limit) };
}

async function pageOf(env: Env, place: Place, id: string, cursor?: string): Promise<Step> {
  const { namespace } = place;
  const page = unwrap(await backedUpExecution(env, namespace, id).exportPage(cursor));
  const { within: _, ...rest } = place;
  const next: Place = page.next ? { ...rest, within: { id, cursor: page.next } } : { ...rest, after: id };
  // It was deleted meanwhile.
  if (page.rows.length === 0) return { entries: [], next };
  return { entries: [{ kind: 'workflow', namespace, id, page }], next };
}

function behind(place: Place, ids: string[], limit: number): Place {
  return ids.length < limit
    ? { ...place, shard: place.shard + 1, after: '' }
    : { ...place, after: ids.at(-1)! };
}

function nextNamespace(place: Place, names: string[]): Place | undefined {
  const namespace = names.find((name) => name > place.namespace);
  return namespace === undefined
    ? nextStage(place, names)
    : { began: place.began, stage: place.stage, namespace, shard: 0, after: '' };
}

function nextStage({ began, stage }: Place, names: string[]): Place | undefined {
  const following = stages[stages.indexOf(stage) + 1];
  return following && { began, stage: following, namespace: names[0]!, shard: 0, after: '' };
}

export function unwrap<T>(result: Result<T>): T {
  if ('error' in result) throw ServiceError.fromData(result.error);
  return result.ok;
}

const encodePlace = (place: Place): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(place))));

function decodePlace(token: string): Place {
  try {
    const bytes = Uint8Array.from(atob(token), (char) => char.charCodeAt(0));
    const place = JSON.parse(new TextDecoder().decode(bytes)) as Place;
    if (stages.includes(place.stage) && Number.isSafeInteger(place.began)) return place;
  } catch {
    // Said below.
  }
  throw invalidArgument('pageToken: not a token of this engine; start again without one');
}
