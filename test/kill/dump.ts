/**
 * Reads what an engine under `wrangler dev` has stored, from its SQLite files and without its help: no build of the
 * engine has a door for this. The processes must be gone.
 */

import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LogEvent } from '../../sdk/common/history.ts';
import { parseExecutionObjectName } from '../../sdk/common/ids.ts';
import type { WorkflowExecutionInfo } from '../../sdk/common/service.ts';
import type { ObjectDump, VisibilityRow } from '../checker/evidence.ts';

/** Where workerd keeps an object's alarm: nanoseconds, or nothing. */
const ALARM = 'SELECT value FROM _cf_METADATA WHERE key = 1';

export interface StorageDump {
  objects: ObjectDump[];
  rows: VisibilityRow[];
}

export function dumpStorage(dataDir: string): StorageDump {
  // A copy: to open a database is to change its log.
  const copy = join(dataDir, 'dump');
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(dataDir, 'state/v3/do'), copy, { recursive: true });
  const databases = (name: string): DatabaseSync[] =>
    globSync(join(copy, `*-${name}/*.sqlite`))
      .filter((path) => !path.endsWith('metadata.sqlite'))
      .map((path) => new DatabaseSync(path));
  const objects = databases('WorkflowExecution').flatMap((db) => closing(db, objectOf));
  const rows = databases('Visibility').flatMap((db) => closing(db, visibilityOf));
  rmSync(copy, { recursive: true, force: true });
  return { objects, rows };
}

function closing<T>(db: DatabaseSync, read: (db: DatabaseSync) => T): T {
  try {
    return read(db);
  } finally {
    db.close();
  }
}

function hasTable(db: DatabaseSync, name: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined;
}

function objectOf(db: DatabaseSync): ObjectDump[] {
  if (!hasTable(db, 'log')) return [];
  const { name } = db.prepare('SELECT name FROM __miniflare_do_name').get() as { name: string };
  const pieces = hasTable(db, 'pieces')
    ? db.prepare('SELECT data FROM pieces WHERE owner = ? ORDER BY n')
    : undefined;
  const whole = (owner: string, text: string): string =>
    text === '' ? (pieces?.all(owner) ?? []).map(({ data }) => data).join('') : text;
  const rows = db.prepare('SELECT seq, data FROM log ORDER BY seq').all() as Array<{
    seq: number;
    data: string;
  }>;
  // Objects begin with one table; others come with what is first kept in them.
  const newest = 'SELECT seq, data FROM snapshot';
  const stored = (hasTable(db, 'snapshot') ? db.prepare(newest).get() : undefined) as
    | { seq: number; data: string }
    | undefined;
  const heartbeats = 'SELECT scheduled_event_id AS id, data FROM progress';
  const progress = (hasTable(db, 'progress') ? db.prepare(heartbeats).all() : []) as Array<{
    id: number;
    data: string;
  }>;
  return [
    {
      ...parseExecutionObjectName(name),
      alarm: alarmOf(db),
      rows: rows.map(({ seq, data }) => {
        const { e: events } = JSON.parse(whole(`log/${seq}`, data)) as { e: LogEvent[] };
        return { seq, bytes: Buffer.byteLength(data), events };
      }),
      snapshot: stored ? { seq: stored.seq, data: JSON.parse(whole('snapshot', stored.data)) } : null,
      progress: progress.map(({ id, data }) => ({
        scheduledEventId: id,
        event: JSON.parse(whole(`progress/${id}`, data)) as LogEvent,
      })),
    },
  ];
}

function alarmOf(db: DatabaseSync): number | null {
  if (!hasTable(db, '_cf_METADATA')) return null;
  const statement = db.prepare(ALARM);
  statement.setReadBigInts(true);
  const nanoseconds = (statement.get() as { value: bigint | null } | undefined)?.value;
  return nanoseconds === undefined || nanoseconds === null ? null : Number(nanoseconds / 1_000_000n);
}

function visibilityOf(db: DatabaseSync): VisibilityRow[] {
  if (!hasTable(db, 'runs')) return [];
  const rows = db.prepare('SELECT workflow_id, run_id, version, open, check_at, record FROM runs').all();
  return rows.map((row) => ({
    workflowId: row.workflow_id as string,
    runId: row.run_id as string,
    version: row.version as number,
    open: row.open === 1,
    checkAt: row.check_at as number,
    info: JSON.parse(row.record as string) as WorkflowExecutionInfo,
  }));
}
