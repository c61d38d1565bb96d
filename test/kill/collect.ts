/** After the faults: waits until nothing is left to do, and gathers what the checker reads. Ends with the engine killed. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import type { WorkflowExecutionInfo } from '../../sdk/common/service.ts';
import type { Evidence, Op } from '../checker/evidence.ts';
import { HttpApi, until } from '../http-api.ts';
import { dumpStorage } from './dump.ts';
import type { KillWorld } from './world.ts';

/** So long nothing may change while something is open. */
const STUCK_AFTER = 60_000;
/** Lists know of every run by then: of one that is over sooner, after half a second. */
const LISTED_AFTER = 1_000;
const PAGE_SIZE = 97;
const STATUSES = ['Running', 'Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut', 'ContinuedAsNew'];

/** Runs that are open for good. */
const isPoison = ({ type }: WorkflowExecutionInfo): boolean => type.name === 'poison';

/** @returns workflow ids that do not get on */
export async function comeToRest(world: KillWorld, say: (line: string) => void): Promise<string[]> {
  const api = new HttpApi(world.url);
  let before = '';
  let since = Date.now();
  let listed: number | undefined;
  for (;;) {
    const open = (await pagesOf(api, "ExecutionStatus = 'Running'").catch(() => undefined))?.flat();
    const left = open?.filter((info) => !isPoison(info));
    if (left?.length === 0) {
      const all = await api.count('');
      if (all === listed) return [];
      listed = all;
      await sleep(LISTED_AFTER);
      continue;
    }
    listed = undefined;
    const state = left && (await Promise.all(left.map((info) => lengthOf(api, info)))).join(' ');
    if (state !== before) [before, since] = [state ?? '', Date.now()];
    if (Date.now() - since > STUCK_AFTER) {
      for (const { execution } of left ?? []) {
        const described = await api.describe(execution.workflowId).catch((error: Error) => error.message);
        say(`stuck: ${execution.workflowId} ${JSON.stringify(described)}`);
      }
      return left?.map(({ execution }) => execution.workflowId) ?? ['the engine'];
    }
    await sleep(250);
  }
}

async function lengthOf(api: HttpApi, { execution }: WorkflowExecutionInfo): Promise<string> {
  const { workflowExecutionInfo, pendingActivities } = await api
    .describe(execution.workflowId)
    .catch(() => ({ workflowExecutionInfo: undefined, pendingActivities: [] }));
  const attempts = pendingActivities.map(({ attempt, state }) => `${attempt}${state}`).join();
  return `${execution.runId}:${workflowExecutionInfo?.historyLength}:${attempts}`;
}

async function pagesOf(api: HttpApi, query: string): Promise<WorkflowExecutionInfo[][]> {
  const pages: WorkflowExecutionInfo[][] = [];
  let token = '';
  do {
    const parameters = new URLSearchParams({
      query,
      pageSize: String(PAGE_SIZE),
      ...(token && { nextPageToken: token }),
    });
    const page = await api.ok<{ executions?: WorkflowExecutionInfo[]; nextPageToken?: string }>(
      'GET',
      `/workflows?${parameters}`,
    );
    pages.push(page.executions ?? []);
    token = page.nextPageToken ?? '';
  } while (token);
  return pages;
}

export interface Gathered {
  /** Only of workflow ids that begin so; listings and counts are of all. */
  prefix: string;
  ops: Op[];
  kills: number;
  healed: number;
  rested: number;
  left: string[];
}

export async function collectEvidence(world: KillWorld, gathered: Gathered): Promise<Evidence> {
  const { prefix, kills, healed, rested, left } = gathered;
  const api = new HttpApi(world.url);
  const ours = ({ workflowId }: { workflowId: string }): boolean => workflowId.startsWith(prefix);
  const pages = await until('the listing', () => pagesOf(api, ''));
  const histories: Record<string, HistoryEvent[]> = {};
  for (const { execution } of pages.flat()) {
    if (ours(execution))
      histories[execution.runId] = await api.history(execution.workflowId, execution.runId);
  }
  const counts: Record<string, number> = {};
  for (const status of STATUSES) {
    const wire = status.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();
    counts[wire] = await api.count(`ExecutionStatus = '${status}'`);
  }
  // What a closed run still owes (visibility, its parent) is a matter of milliseconds; poison goes on failing.
  await world.killEngine();
  const time = Date.now();
  const { objects, rows } = dumpStorage(world.dataDir);
  return {
    ops: gathered.ops.filter(ours),
    acts: world.acts.filter(ours),
    histories,
    objects: objects.filter(ours),
    visibility: {
      rows: rows.filter(ours),
      all: rows.map(({ runId, info }) => ({ runId, status: info.status })),
      pages: pages.map((page) => page.map(({ execution }) => execution.runId)),
      counts,
    },
    run: { time, kills, healed, rested, left },
  };
}
