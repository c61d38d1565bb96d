/**
 * One engine per test: the real core, API, client and runtime in one process, with virtual time. The histories of all
 * runs that have closed are left in $PERDURE_HISTORIES_DIR, where `npm run conformance` has them judged.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type HistoryEvent, nextRunOf } from '../../sdk/client/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import type { RecordedHistory } from '../histories/scenarios.ts';
import * as workflows from './workflows.ts';

export const QUEUE = 'features';
const WORKFLOWS = 'test/features/workflows.ts';
/** A Monday, at noon. */
export const START = Date.UTC(2026, 0, 5, 12);

export const activities = { double: async (n: number): Promise<number> => 2 * n };

export interface Features {
  env: TestWorkflowEnvironment;
  client: TestWorkflowEnvironment['client'];
}

/** Runs `test` against an engine of its own, with a Worker for all workflows and activities. */
export async function withEngine(test: (features: Features) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: QUEUE, workflows, activities }, () => test({ env, client: env.client }));
    await leaveHistories(env, { workflows: WORKFLOWS });
  } finally {
    await env.teardown();
  }
}

/** `EVENT_TYPE_TIMER_FIRED` → `TimerFired`. */
export function shortType({ eventType }: HistoryEvent): string {
  const words = eventType.replace('EVENT_TYPE_', '').toLowerCase().split('_');
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

export async function eventTypes(
  { client }: Features,
  workflowId: string,
  runId?: string,
): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return events.map(shortType);
}

/** All runs of a chain, oldest first: the last event of each names the next. */
export async function chainOf(
  { client }: Features,
  workflowId: string,
  firstRunId: string,
): Promise<Array<{ runId: string; events: HistoryEvent[] }>> {
  const chain: Array<{ runId: string; events: HistoryEvent[] }> = [];
  for (let runId: string | undefined = firstRunId; runId; ) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    chain.push({ runId, events });
    runId = nextRunOf(events.at(-1)!);
  }
  return chain;
}

/** Rejects with this error: for assertions about it. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { cause?: Error }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { cause?: Error };
  }
  throw new Error('it did not fail');
}

export async function leaveHistories(
  env: TestWorkflowEnvironment,
  needed: Pick<RecordedHistory, 'workflows' | 'dataConverter'>,
): Promise<void> {
  const folder = process.env.PERDURE_HISTORIES_DIR;
  if (!folder) return;
  await env.sleep(0);
  mkdirSync(folder, { recursive: true });
  const test = (expect.getState().currentTestName ?? '').replace(/[^a-z0-9]+/gi, '-').slice(0, 100);
  let count = 0;
  for await (const { workflowId, runId, status, type } of env.client.workflow.list()) {
    if (status.name === 'RUNNING') continue;
    const history = await env.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const name = `${test}.${++count}`;
    const recorded: RecordedHistory = { name, workflowType: type, ...needed, history };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(recorded, null, 1));
  }
}
