/// <reference types="@cloudflare/vitest-pool-workers/types" />
/** What tests in workerd need of the engine that they stand in. */

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env as bindings, exports } from 'cloudflare:workers';
import { inject } from 'vitest';
import { executionObjectName } from '../../sdk/common/ids.ts';
import type { Env } from '../../src/env.ts';
import type { Act } from '../checker/evidence.ts';
import { HttpApi } from '../http-api.ts';
import type { Execution } from './activities.ts';

interface TestWorkerRpc {
  dispatchesOf(runId: string): Promise<number>;
  executionsOf(key: string): Promise<Execution[]>;
  actsOf(prefix: string): Promise<Act[]>;
  release(key: string): Promise<void>;
}
export interface TestEnv extends Env {
  HOLDING: { held(): Promise<unknown[]> };
  WORKER_PLAIN: TestWorkerRpc;
  WORKER_CONSUMER: TestWorkerRpc;
  WORKER_DIRECT: TestWorkerRpc;
  WORKER_PAUSED: TestWorkerRpc;
  WORKER_PAUSED_CONSUMER: TestWorkerRpc;
  DEAD: Queue<unknown>;
}

export const env = bindings as unknown as TestEnv;

const self = (exports as unknown as { default: Fetcher }).default;
export const api = new HttpApi('http://127.0.0.1', (url, init) => self.fetch(url, init));

export function executionStub(workflowId: string): DurableObjectStub {
  return env.WORKFLOW_EXECUTION.getByName(executionObjectName('default', workflowId));
}

/** Fires the alarm now, if one is armed. Answers whether there was one. */
export function fireAlarm(workflowId: string): Promise<boolean> {
  return runDurableObjectAlarm(executionStub(workflowId));
}

/** When the alarm is armed for, in epoch milliseconds. */
export function armedAlarm(workflowId: string): Promise<number | null> {
  return runInDurableObject(executionStub(workflowId), (_, state) => state.storage.getAlarm());
}

/** The object's tables, as its SQLite knows them. */
export function tablesOf(stub: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(stub, (_, state) => {
    const sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'";
    return state.storage.sql
      .exec<{ name: string }>(sql)
      .toArray()
      .map(({ name }) => name);
  });
}

/** Hands a finished run's history to the conformance judges. */
export async function keepHistory(
  workflowId: string,
  workflows = 'test/workerd/workflows.ts',
): Promise<void> {
  const events = await api.history(workflowId);
  const started = events[0] as unknown as {
    workflowExecutionStartedEventAttributes: { workflowType: { name: string } };
  };
  const workflowType = started.workflowExecutionStartedEventAttributes.workflowType.name;
  const body = JSON.stringify({ name: workflowId, workflowType, workflows, history: { events } });
  await (await fetch(inject('historySink'), { method: 'POST', body })).text();
}
