/** What backups ask of the engine's objects. Each is one call: what it answers is of one moment. */

import type { Resumed, TableDump, TablesKind, WorkflowPage } from '../../sdk/common/backup.ts';
import { executionObjectName } from '../../sdk/common/ids.ts';
import { scheduleObjectName } from '../../sdk/common/schedule.ts';
import type { Request, Result, VisibilityRecord } from '../../sdk/common/service.ts';
import { type SystemStub, systemObject } from '../auth/system-object.ts';
import type { Env } from '../env.ts';
import { shardMap, shardName } from '../visibility/shard.ts';

export interface TablesStub {
  dumpTables(): Promise<TableDump[]>;
  restoreTables(tables: TableDump[]): Promise<Result<void>>;
  /** Schedules and batch jobs. */
  resume?(): Promise<void>;
}

export interface BackedUpExecution {
  exportPage(cursor?: string): Promise<Result<WorkflowPage>>;
  importPage(page: WorkflowPage): Promise<Result<void>>;
  resume(): Promise<Result<Resumed>>;
  poke(runId: string): Promise<VisibilityRecord | undefined>;
  result(request: { runId: string; waitMs: number }): Promise<Result<unknown>>;
  internal(request: Request<'RecordChildClosed'>): Promise<Result<void>>;
}

export interface BackedUpShard {
  workflowIds(request: { after: string; limit: number; startedSince?: number }): Promise<string[]>;
  scheduleIds(request: { after: string; limit: number }): Promise<string[]>;
  upsert(records: VisibilityRecord[]): Promise<void>;
}

export function tablesObject(env: Env, kind: TablesKind, namespace: string, id: string): TablesStub {
  switch (kind) {
    case 'system':
      return systemObject(env) as SystemStub & TablesStub;
    case 'namespace':
      return env.NAMESPACE.getByName(namespace) as unknown as TablesStub;
    case 'batch':
      return env.BATCH.getByName(namespace) as unknown as TablesStub;
    case 'schedule':
      return env.SCHEDULE.getByName(scheduleObjectName(namespace, id)) as unknown as TablesStub;
  }
}

export function backedUpExecution(env: Env, namespace: string, workflowId: string): BackedUpExecution {
  const name = executionObjectName(namespace, workflowId);
  return env.WORKFLOW_EXECUTION.getByName(name) as unknown as BackedUpExecution;
}

/** @param name as `shardName` makes it */
export function visibilityShard(env: Env, name: string): BackedUpShard {
  return env.VISIBILITY.getByName(name) as unknown as BackedUpShard;
}

/** In an order in which no row that moves is missed: a shard that rows move to comes after the one that they leave. */
export function shardsOf(env: Env, namespace: string): BackedUpShard[] {
  return shardMap(env)
    .waves()
    .flat()
    .map((number) => visibilityShard(env, shardName(namespace, number)));
}
