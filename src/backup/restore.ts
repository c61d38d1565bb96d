/**
 * Into an engine that is empty. First everything is stored, and nothing of it runs; then every object is woken: its
 * deadlines and debts follow from its state, as after any restart. Between objects that were backed up at different
 * moments: a parent that waits for a child which is closed is told again (by the child); one that waits for a child which
 * the backup does not have is told that it was terminated. Both steps may be repeated.
 */

import type {
  BackupEntry,
  BackupRef,
  ResumeBackupReply,
  Resumed,
  WorkflowPage,
} from '../../sdk/common/backup.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import type { Env } from '../env.ts';
import { shardMap, shardName } from '../visibility/shard.ts';
import { unwrap } from './export.ts';
import { backedUpExecution, tablesObject, visibilityShard } from './objects.ts';

const kinds = new Set<unknown>(['system', 'namespace', 'batch', 'schedule', 'workflow']);
/** Rows of visibility that are in memory, and are written, at once. */
const ROWS_AT_ONCE = 100;

interface ResumedWorkflow {
  namespace: string;
  id: string;
  resumed: Resumed;
}

export async function importBackup(env: Env, lines: readonly string[]): Promise<void> {
  for (const line of lines) await importEntry(env, parse(line));
}

function parse(line: string): BackupEntry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Said below.
  }
  const entry = (typeof value === 'object' ? value : undefined) as Record<string, unknown> | null | undefined;
  const { kind, namespace, id, page, tables } = entry ?? {};
  const sound = kinds.has(kind) && typeof namespace === 'string' && typeof id === 'string';
  const content = kind === 'workflow' ? isPage(page) : Array.isArray(tables);
  if (!sound || !content) throw invalidArgument('entries: one is not the JSON of an entry of a backup');
  return value as BackupEntry;
}

function isPage(page: unknown): boolean {
  const { rows, payloads } = (typeof page === 'object' && page !== null ? page : {}) as Partial<WorkflowPage>;
  return Array.isArray(rows) && Array.isArray(payloads);
}

async function importEntry(env: Env, entry: BackupEntry): Promise<void> {
  const { kind, namespace, id } = entry;
  try {
    if (entry.kind === 'workflow')
      return unwrap(await backedUpExecution(env, namespace, id).importPage(entry.page));
    return unwrap(await tablesObject(env, entry.kind, namespace, id).restoreTables(entry.tables));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError(error.code, `${kind} "${id}" in namespace "${namespace}": ${error.message}`);
  }
}

export async function resumeBackup(env: Env, refs: readonly BackupRef[]): Promise<ResumeBackupReply> {
  const reply: ResumeBackupReply = { open: 0, lostChildren: 0 };
  const workflows: ResumedWorkflow[] = [];
  for (const { kind, namespace, id } of refs) {
    if (kind === 'schedule' || kind === 'batch') await tablesObject(env, kind, namespace, id).resume?.();
    if (kind !== 'workflow') continue;
    const resumed = unwrap(await backedUpExecution(env, namespace, id).resume());
    if (resumed.open) reply.open++;
    workflows.push({ namespace, id, resumed });
  }
  await listRuns(env, workflows);
  for (const { namespace, id, resumed } of workflows)
    reply.lostChildren += await settleChildren(env, namespace, id, resumed);
  return reply;
}

/** The list of runs is made anew from the runs. Many at once: a shard gathers rows before it writes them. */
async function listRuns(env: Env, workflows: readonly ResumedWorkflow[]): Promise<void> {
  const runs = workflows.flatMap(({ namespace, id, resumed }) =>
    resumed.runIds.map((runId) => ({ namespace, id, runId })),
  );
  for (let i = 0; i < runs.length; i += ROWS_AT_ONCE) {
    const poked = runs
      .slice(i, i + ROWS_AT_ONCE)
      .map(({ namespace, id, runId }) => backedUpExecution(env, namespace, id).poke(runId));
    const rows = (await Promise.all(poked)).filter((row) => row !== undefined);
    const byShard = Map.groupBy(rows, ({ namespace, info }) =>
      shardName(namespace, shardMap(env).home(info.execution.workflowId)),
    );
    await Promise.all([...byShard].map(([name, own]) => visibilityShard(env, name).upsert(own)));
  }
}

/** @returns how many children there are not */
async function settleChildren(env: Env, namespace: string, id: string, resumed: Resumed): Promise<number> {
  let lost = 0;
  for (const { workflowId, childRunId, workflowType, ...which } of resumed.children) {
    const found = await backedUpExecution(env, namespace, workflowId).result({
      runId: childRunId,
      waitMs: 0,
    });
    if (!('error' in found) || found.error.code !== 'NOT_FOUND') continue;
    lost++;
    const told = await backedUpExecution(env, namespace, id).internal({
      kind: 'RecordChildClosed',
      ...which,
      child: { workflowId, runId: childRunId },
      firstExecutionRunId: childRunId,
      workflowType: { name: workflowType },
      close: { kind: 'Terminated' },
    });
    if ('error' in told && told.error.code !== 'NOT_FOUND') throw ServiceError.fromData(told.error);
  }
  return lost;
}
