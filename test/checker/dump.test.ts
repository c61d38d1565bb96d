/** The dump knows the tables that the engine makes today: a change of theirs must not leave the checker with nothing to read. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import { executionObjectName } from '../../sdk/common/ids.ts';
import { SqlStore } from '../../src/execution/sql-store.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { dumpStorage } from '../kill/dump.ts';
import { makeRecord } from '../visibility/records.ts';

const dir = mkdtempSync(join(tmpdir(), 'perdure-dump-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A database where workerd would have it, and the little that the engine's stores use of the platform's. */
function database(className: string, alarm?: bigint) {
  const folder = join(dir, 'state/v3/do', `perdure-${className}`);
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, 'one.sqlite'));
  db.exec('CREATE TABLE __miniflare_do_name (id INTEGER PRIMARY KEY, name TEXT)');
  db.prepare('INSERT INTO __miniflare_do_name VALUES (1, ?)').run(executionObjectName('default', 'w'));
  db.exec('CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)');
  if (alarm !== undefined) db.prepare('INSERT INTO _cf_METADATA VALUES (1, ?)').run(alarm);
  const exec = (query: string, ...bindings: unknown[]) => {
    if (bindings.length === 0 && /CREATE TABLE log/.test(query)) {
      db.exec(query);
      return Object.assign([], { toArray: () => [] });
    }
    const rows = db.prepare(query).all(...(bindings as SQLInputValue[])) as Array<Record<string, unknown>>;
    return Object.assign(rows, { toArray: () => rows });
  };
  return { exec, close: () => db.close() };
}

it('reads what the stores of the engine have written: rows, snapshot, alarm, and the row that visibility keeps', () => {
  const object = database('WorkflowExecution', 1_700_000_000_123_000_000n);
  const storage = { sql: { exec: object.exec }, transactionSync: (work: () => void) => work() };
  const store = new SqlStore(storage as unknown as DurableObjectStorage, 0);
  const event = { transient: 'ParentNotified', time: 1, attributes: {} };
  const data = JSON.stringify({ v: 1, e: [event] });
  store.commit({ rows: [{ seq: 0, data }], progress: [], snapshot: { seq: 0, data: '{"version":2}' } });
  object.close();
  const shard = database('Visibility');
  new VisibilityStore({ exec: shard.exec }).upsert(
    makeRecord({ workflowId: 'w', runId: 'r', version: 3 }),
    99,
  );
  shard.close();

  const { objects, rows } = dumpStorage(dir);
  expect(objects).toEqual([
    {
      namespace: 'default',
      workflowId: 'w',
      alarm: 1_700_000_000_123,
      rows: [{ seq: 0, bytes: data.length, events: [event] }],
      snapshot: { seq: 0, data: { version: 2 } },
      progress: [],
    },
  ]);
  expect(rows).toMatchObject([{ workflowId: 'w', runId: 'r', version: 3, open: true, checkAt: 99 }]);
});
