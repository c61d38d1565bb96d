/** What the checker reads, of the workflow ids with these keys: storage from inside the objects, histories by the API. */

import { runInDurableObject } from 'cloudflare:test';
import type { HistoryEvent, LogEvent } from '../../../sdk/common/history.ts';
import { executionObjectName } from '../../../sdk/common/ids.ts';
import type { WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import { decodeRow, runNumberOf } from '../../../src/execution/log.ts';
import { Payloads } from '../../../src/execution/payloads.ts';
import { SqlStore } from '../../../src/execution/sql-store.ts';
import { shardName } from '../../../src/visibility/shard.ts';
import type { Act, Evidence, ObjectDump, Op, VisibilityRow } from '../../checker/evidence.ts';
import { api, env } from '../support.ts';
import { unharmed } from './injector.ts';

export async function evidenceOf(keys: string[], ops: Op[], healed: number): Promise<Evidence> {
  const ours = (workflowId: string): boolean => keys.some((key) => workflowId.startsWith(`~${key}~`));
  const rows = (await visibilityRows()).filter(({ workflowId }) => ours(workflowId));
  const ids = [...new Set([...rows.map(({ workflowId }) => workflowId), ...ops.map((op) => op.workflowId)])];
  const acts = (await Promise.all(keys.map((key) => actsOf(`~${key}~`)))).flat();
  const objects = await Promise.all(ids.map((id) => objectOf(id)));
  const histories: Record<string, HistoryEvent[]> = {};
  for (const { workflowId, runId } of rows) histories[runId] = await api.history(workflowId, runId);
  const all = rows.map(({ runId, info }) => ({ runId, status: info.status }));
  const visibility = { rows, all, pages: [rows.map(({ runId }) => runId)], counts: {} };
  const time = Date.now();
  return {
    ops,
    acts,
    histories,
    objects,
    visibility,
    run: { time, kills: 0, healed, rested: time, left: [] },
  };
}

/** What happened to a run, transient events too, one line each: so that a failure can be understood from its text. */
export async function storyOf(workflowId: string): Promise<string> {
  const [{ rows, alarm }, acts] = await Promise.all([objectOf(workflowId), actsOf(workflowId)]);
  const events = rows.flatMap(({ events }) => events);
  const told = events.map((event) => {
    if (!('transient' in event))
      return `${event.eventTime.slice(11, -1)} ${event.eventId} ${event.eventType}`;
    const time = new Date(event.time).toISOString().slice(11, -1);
    return `${time} ${event.transient} ${JSON.stringify(event.attributes).slice(0, 200)}`;
  });
  const done = acts.map(
    (act) => `${new Date(act.time).toISOString().slice(11, -1)} act ${act.what} ${act.attempt}`,
  );
  return [...told, ...done, `alarm: ${alarm}`].join('\n  ');
}

async function actsOf(prefix: string): Promise<Act[]> {
  const workers = [env.WORKER_PLAIN, env.WORKER_CONSUMER, env.WORKER_DIRECT];
  return (await Promise.all(workers.map((worker) => worker.actsOf(prefix)))).flat();
}

function objectOf(workflowId: string): Promise<ObjectDump> {
  const stub = env.WORKFLOW_EXECUTION.getByName(executionObjectName('default', workflowId));
  return runInDurableObject(stub, async (_, state) => ({
    ...unharmed(() => stored(workflowId, state.storage)),
    alarm: await state.storage.getAlarm(),
  }));
}

function stored(workflowId: string, storage: DurableObjectStorage): Omit<ObjectDump, 'alarm'> {
  const store = new SqlStore(storage, 0);
  const payloads = new Payloads(store);
  const rows = [...store.rows(0, Number.MAX_SAFE_INTEGER)].map((row) => ({
    seq: row.seq,
    bytes: row.data.length,
    events: payloads.inline(runNumberOf(row.seq), decodeRow(row)),
  }));
  const snapshot = store.snapshot();
  return {
    namespace: 'default',
    workflowId,
    rows,
    snapshot: snapshot ? { seq: snapshot.seq, data: JSON.parse(snapshot.data) as unknown } : null,
    progress: store.progress().map(({ scheduledEventId, data }) => ({
      scheduledEventId,
      event: JSON.parse(data!) as LogEvent,
    })),
  };
}

async function visibilityRows(): Promise<VisibilityRow[]> {
  const shards = Array.from({ length: Number(env.VISIBILITY_SHARDS) }, (_, n) =>
    runInDurableObject(env.VISIBILITY.getByName(shardName('default', n)), (_, state) => {
      // A shard that was never written to has no tables.
      const table = "SELECT 1 FROM sqlite_master WHERE name = 'runs'";
      const sql = 'SELECT workflow_id, run_id, version, open, check_at, record FROM runs';
      const read = (text: string) => state.storage.sql.exec(text).toArray();
      return unharmed(() => (read(table).length === 0 ? [] : read(sql)));
    }),
  );
  return (await Promise.all(shards)).flat().map((row) => ({
    workflowId: row.workflow_id as string,
    runId: row.run_id as string,
    version: row.version as number,
    open: row.open === 1,
    checkAt: row.check_at as number,
    info: JSON.parse(row.record as string) as WorkflowExecutionInfo,
  }));
}
