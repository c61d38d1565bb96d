import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ScheduleAlreadyRunning,
  type ScheduleHandle,
  ScheduleNotFoundError,
  type ScheduleOptions,
} from '../../sdk/client/index.ts';
import { crashEverywhere, TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import type { RecordedHistory } from '../histories/scenarios.ts';
import { silent } from '../runtime/driver.ts';
import { errorOf, leaveHistories, START } from './engine.ts';
import * as workflows from './schedules/workflows.ts';

const QUEUE = 'schedules';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Env = TestWorkflowEnvironment;

async function withSchedules(test: (env: Env) => Promise<void>): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    await env.runUntil({ taskQueue: QUEUE, workflows, activities: {} }, () => test(env));
    await leaveHistories(env, { workflows: 'test/features/schedules/workflows.ts' });
  } finally {
    await env.teardown();
  }
}

const create = (env: Env, options: Partial<ScheduleOptions> & { workflow?: string; args?: unknown[] }) => {
  const { workflow = 'counting', args = [], ...given } = options;
  return env.client.schedule.create({
    scheduleId: 's',
    spec: { intervals: [{ every: '1h' }] },
    action: { type: 'startWorkflow', workflowType: workflow, taskQueue: QUEUE, args, workflowId: 'w' },
    ...given,
  } as ScheduleOptions);
};

const runs = async (env: Env) => {
  const found: Array<{ workflowId: string; runId: string; status: string }> = [];
  for await (const { workflowId, runId, status } of env.client.workflow.list())
    found.push({ workflowId, runId, status: status.name });
  return found.sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
};
const infoOf = async (handle: ScheduleHandle) => (await handle.describe()).info;

describe('schedules', () => {
  it('start one run for each nominal time through thirty days, each told of the result of the one before', () =>
    withSchedules(async (env) => {
      const handle = await create(env, {
        spec: { cronExpressions: ['0 9 * * *'], timezone: 'Europe/Berlin' },
      });
      await env.sleep('30 days');
      const found = await runs(env);
      expect(found).toHaveLength(30);
      expect(new Set(found.map(({ workflowId }) => workflowId)).size).toBe(30);
      expect(found[0]!.workflowId).toBe('w-2026-01-06T08:00:00Z');
      const last = found.at(-1)!;
      expect(await env.client.workflow.getHandle(last.workflowId).result()).toBe(30);
      const { info, raw } = await handle.describe();
      expect(info).toMatchObject({ numActionsTaken: 30, numActionsSkippedOverlap: 0, runningActions: [] });
      expect(info.recentActions).toHaveLength(10);
      expect(info.recentActions.at(-1)!.scheduledAt.toISOString()).toBe('2026-02-04T08:00:00.000Z');
      expect(info.nextActionTimes).toHaveLength(10);
      expect(raw.info.recentActions.at(-1)!.startWorkflowStatus).toBe('WORKFLOW_EXECUTION_STATUS_COMPLETED');
      const { typedSearchAttributes } = await env.client.workflow.getHandle(last.workflowId).describe();
      expect(typedSearchAttributes.get({ name: 'TemporalScheduledById', type: 'KEYWORD' })).toBe('s');
      expect(typedSearchAttributes.get({ name: 'TemporalScheduledStartTime', type: 'DATETIME' })).toEqual(
        new Date('2026-02-04T08:00:00Z'),
      );
    }));

  it('SKIP leaves out what would overlap, and says how much that was', () =>
    withSchedules(async (env) => {
      const handle = await create(env, { workflow: 'lasting', args: [2.5 * HOUR] });
      await env.sleep('9h');
      const found = await runs(env);
      expect(found.map(({ workflowId }) => workflowId.slice(13, 15))).toEqual(['13', '16', '19']);
      expect(await infoOf(handle)).toMatchObject({ numActionsTaken: 3, numActionsSkippedOverlap: 6 });
    }));

  it('BUFFER_ONE lets one wait, BUFFER_ALL all of them, ALLOW_ALL none', () =>
    withSchedules(async (env) => {
      const of = async (overlap: 'BUFFER_ONE' | 'BUFFER_ALL' | 'ALLOW_ALL') => {
        const action = {
          type: 'startWorkflow' as const,
          workflowType: 'lasting',
          taskQueue: QUEUE,
          args: [2.5 * HOUR],
        };
        const state = { remainingActions: 5 };
        return create(env, { scheduleId: overlap, action, policies: { overlap }, state });
      };
      const handles = await Promise.all([of('BUFFER_ONE'), of('BUFFER_ALL'), of('ALLOW_ALL')]);
      await env.sleep('6h');
      const [one, all, allow] = await Promise.all(handles.map(infoOf));
      // Started at 13:00, 15:30 and 18:00; what came at 15:00, 17:00 and 18:00 found one waiting.
      expect(one).toMatchObject({ numActionsTaken: 3, numActionsSkippedOverlap: 3 });
      expect(all).toMatchObject({ numActionsTaken: 3, numActionsSkippedOverlap: 0 });
      expect(allow).toMatchObject({ numActionsTaken: 5 });
      expect(allow!.runningActions.length).toBeGreaterThan(1);
      await env.sleep('12h');
      const later = await Promise.all(handles.map(infoOf));
      expect(later.map(({ numActionsTaken }) => numActionsTaken)).toEqual([5, 5, 5]);
      expect(later.map(({ runningActions }) => runningActions)).toEqual([[], [], []]);
      expect((await handles[0]!.describe()).raw.problems).toEqual([
        'it has taken all the actions that it was limited to',
      ]);
    }));

  it('CANCEL_OTHER and TERMINATE_OTHER end the run that is in the way, then start', () =>
    withSchedules(async (env) => {
      for (const [overlap, status] of [
        ['CANCEL_OTHER', 'CANCELLED'],
        ['TERMINATE_OTHER', 'TERMINATED'],
      ] as const) {
        const handle = await create(env, {
          scheduleId: overlap,
          workflow: 'lasting',
          args: [DAY],
          policies: { overlap },
        });
        await env.sleep('3h');
        await handle.pause();
        const own = (await infoOf(handle)).recentActions.map(({ action }) => action.workflow.workflowId);
        expect(own).toHaveLength(3);
        const byId = new Map((await runs(env)).map((run) => [run.workflowId, run.status]));
        expect(own.map((id) => byId.get(id))).toEqual([status, status, 'RUNNING']);
        await env.client.workflow.getHandle(own[2]!).terminate();
      }
    }));

  it('pause on failure pauses; the next run is told of the failure', () =>
    withSchedules(async (env) => {
      const handle = await create(env, { workflow: 'failing', policies: { pauseOnFailure: true } });
      await env.sleep('5h');
      const { state, info } = await handle.describe();
      expect(state.paused).toBe(true);
      expect(state.note).toMatch(/^paused due to workflow failure: w-2026-01-05T13:00:00Z: the first time/);
      expect(info.numActionsTaken).toBe(1);
      await handle.unpause('again');
      await env.sleep('1h');
      const workflowId = 'w-2026-01-05T18:00:00Z';
      expect(await env.client.workflow.getHandle(workflowId).result()).toBe('after the first time');
    }));

  it('say why they are paused: what was said, what Temporal’s client says, or nothing', () =>
    withSchedules(async (env) => {
      const handle = await create(env, { state: { paused: true } });
      const stateOf = async () => (await handle.describe()).state;
      expect(await stateOf()).toMatchObject({ paused: true, note: '' });
      await handle.unpause();
      expect(await stateOf()).toMatchObject({ paused: false, note: 'Unpaused via TypeScript SDK"' });
      await handle.pause('Maintenance');
      expect(await stateOf()).toMatchObject({ paused: true, note: 'Maintenance' });
      await handle.pause();
      expect(await stateOf()).toMatchObject({ paused: true, note: 'Paused via TypeScript SDK"' });
    }));

  it('a pause holds times, but not what people ask for; triggers and backfills have the times that they name', () =>
    withSchedules(async (env) => {
      const handle = await create(env, { state: { paused: true, note: 'not yet' } });
      await env.sleep('3h');
      expect(await runs(env)).toEqual([]);
      await handle.trigger();
      await handle.backfill({
        start: new Date(START - 3 * HOUR),
        end: new Date(START),
        overlap: 'BUFFER_ALL',
      });
      await env.sleep('1s');
      const ids = (await runs(env)).map(({ workflowId }) => workflowId.slice(2));
      expect(ids).toEqual([
        '2026-01-05T10:00:00Z',
        '2026-01-05T11:00:00Z',
        '2026-01-05T12:00:00Z',
        '2026-01-05T15:00:00Z',
      ]);
      expect((await handle.describe()).raw.problems).toEqual(['it is paused: not yet']);
    }));

  it('a run that continues as new is followed to the end of its chain', () =>
    withSchedules(async (env) => {
      const handle = await create(env, { workflow: 'continued', args: [0.7 * HOUR] });
      await env.sleep('2h');
      expect(await infoOf(handle)).toMatchObject({ numActionsTaken: 1, numActionsSkippedOverlap: 1 });
      await env.sleep('1h');
      expect(await infoOf(handle)).toMatchObject({ numActionsTaken: 2 });
    }));

  it('are updated, listed, found by filter and deleted; a second one with the same id is refused', () =>
    withSchedules(async (env) => {
      const handle = await create(env, {
        memo: { team: 'billing' },
        searchAttributes: { Team: ['billing'] },
        spec: { calendars: [{ hour: 9, dayOfWeek: { start: 'MONDAY', end: 'FRIDAY' } }], jitter: '1m' },
      });
      await create(env, { scheduleId: 't', state: { paused: true } });
      expect(await errorOf(create(env, {}))).toBeInstanceOf(ScheduleAlreadyRunning);
      const before = await handle.describe();
      expect(before.spec.calendars![0]).toMatchObject({
        hour: [{ start: 9, end: 9, step: 1 }],
        dayOfWeek: [{ start: 'MONDAY', end: 'FRIDAY', step: 1 }],
      });
      expect(before.memo).toEqual({ team: 'billing' });
      await handle.update(({ spec: _, ...previous }) => ({
        ...previous,
        spec: { intervals: [{ every: '30m' }] },
        state: { ...previous.state, note: 'twice as often' },
      }));
      const after = await handle.describe();
      expect(after.spec.intervals).toEqual([{ every: 1_800_000, offset: 0 }]);
      expect(after.state.note).toBe('twice as often');
      expect(after.info.lastUpdatedAt).toEqual(new Date(START));
      expect(after.searchAttributes).toEqual({ Team: ['billing'] });
      const listed = async (query?: string) => {
        const ids: string[] = [];
        for await (const { scheduleId } of env.client.schedule.list({ pageSize: 1, ...(query && { query }) }))
          ids.push(scheduleId);
        return ids;
      };
      await env.sleep('1s');
      expect(await listed()).toEqual(['s', 't']);
      expect(await listed('TemporalSchedulePaused = true')).toEqual(['t']);
      expect(await listed("Team = 'billing' AND ScheduleId STARTS_WITH 's'")).toEqual(['s']);
      expect(await listed("Team IN ('billing', 'sales') OR NOT TemporalSchedulePaused = false")).toEqual([
        's',
        't',
      ]);
      expect(await listed("Team IS NULL AND WorkflowType != 'nothing'")).toEqual(['t']);
      for (const [query, problem] of [
        ['Team LIKE 3', 'column 6: there is no LIKE: '],
        ["WorkflowId = 's'", 'column 1: there is no search attribute WorkflowId'],
        ['Team IS NULL ORDER BY Team', 'column 14: AND, OR or the end expected, not ORDER'],
      ] as const)
        expect(await errorOf(listed(query))).toMatchObject({ message: expect.stringContaining(problem) });
      const { workflowService } = env.client;
      const query = "Team = 'billing'";
      expect(await workflowService.countSchedules({ namespace: 'default', query })).toEqual({ count: '1' });
      expect(await workflowService.countSchedules({ namespace: 'default' })).toEqual({ count: '2' });
      await handle.delete();
      await env.sleep('1s');
      expect(await listed()).toEqual(['t']);
      expect(await errorOf(handle.describe())).toBeInstanceOf(ScheduleNotFoundError);
      await create(env, {});
      await env.sleep('1h');
      expect(await listed()).toEqual(['s', 't']);
    }));

  it('an engine that dies behind any commit starts one run for each time, and none is forgotten', async () => {
    const { boundaries, restarts } = await crashEverywhere(
      (env) =>
        env.runUntil({ taskQueue: QUEUE, workflows, activities: {} }, async () => {
          const handle = await create(env, { workflow: 'lasting', args: [0.5 * HOUR] });
          await env.sleep('2h');
          await handle.trigger('ALLOW_ALL');
          await handle.update((previous) => ({ ...previous, policies: { overlap: 'CANCEL_OTHER' } }));
          await env.sleep(3.9 * HOUR);
          const { numActionsTaken, numActionsSkippedOverlap, runningActions } = await infoOf(handle);
          const ids = (await runs(env)).map(({ workflowId }) => workflowId);
          return { numActionsTaken, numActionsSkippedOverlap, runningActions: runningActions.length, ids };
        }),
      { startTime: START },
    );
    expect(boundaries).toBeGreaterThan(40);
    expect(restarts).toBe(boundaries);
  });
});

describe('recorded histories of scheduled runs', () => {
  it.each(['scheduled-run', 'scheduled-run-continued'])('%s replays', async (name) => {
    const file = join(import.meta.dirname, `../histories/${name}.json`);
    const { history } = JSON.parse(readFileSync(file, 'utf8')) as RecordedHistory;
    expect(await replayHistory(history, workflows, { logger: silent })).toMatchObject({ ok: true });
  });
});

describe('the HTTP API of schedules', () => {
  it('keeps the workflow id of the action where the policies say so', () =>
    withSchedules(async (env) => {
      const url = 'http://localhost/api/v1/namespaces/default/schedules/s';
      const startWorkflow = {
        workflowId: 'report',
        workflowType: { name: 'counting' },
        taskQueue: { name: QUEUE },
      };
      const schedule = {
        spec: { cronString: ['0 * * * *'] },
        action: { startWorkflow },
        policies: { keepOriginalWorkflowId: true },
      };
      const request = new Request(url, { method: 'POST', body: JSON.stringify({ schedule }) });
      expect((await env.nativeConnection.inProcess!.fetch(url, request)).status).toBe(200);
      await env.sleep('3 hours');
      const found = await runs(env);
      expect(found.length).toBeGreaterThanOrEqual(3);
      expect(new Set(found.map(({ workflowId }) => workflowId))).toEqual(new Set(['report']));
    }));
});
