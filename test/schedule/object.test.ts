/** The object of a schedule against a world that answers late, or not at all. */

import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { CreateScheduleRequest, ScheduleRecord } from '../../sdk/common/schedule.ts';
import type { ScheduleCall, ScheduleOutside, ScheduleStore } from '../../src/schedule/outside.ts';
import { ScheduleObject } from '../../src/schedule/schedule-object.ts';
import type { ScheduleState } from '../../src/schedule/state.ts';

const MINUTE = 60_000;
const scheduleId = 's';
const startWorkflow = { workflowId: 'w', workflowType: { name: 'report' }, taskQueue: { name: 'q' } };
const at = (ms: number): string => new Date(ms).toISOString();

function request(overlap: string, more: Partial<CreateScheduleRequest> = {}): CreateScheduleRequest {
  const policies = { overlapPolicy: `SCHEDULE_OVERLAP_POLICY_${overlap}` };
  const spec = { interval: [{ interval: '60s' }] };
  return {
    namespace: 'default',
    scheduleId,
    schedule: { spec, action: { startWorkflow }, policies },
    ...more,
  };
}

interface Asked {
  kind: ScheduleCall;
  workflowId: string;
  requestId?: string;
  answer(runId: string): void;
  refuse(error: Error): void;
}

class World {
  now = 10 * MINUTE;
  alarm: number | undefined;
  turns = 0;
  state: ScheduleState | undefined;
  readonly asked: Asked[] = [];
  recorded: (record: ScheduleRecord) => number | undefined = () => undefined;
  result: ScheduleOutside['result'] = async () => ({ ok: { pending: true, runId: '' } });
  readonly object: ScheduleObject;

  constructor() {
    const store: ScheduleStore = {
      load: () => structuredClone(this.state),
      commit: (state, alarm) => {
        this.turns++;
        this.state = structuredClone(state);
        if (alarm !== undefined) this.alarm = alarm;
      },
      clear: () => {
        this.state = undefined;
      },
    };
    this.object = new ScheduleObject('default', scheduleId, store, {
      now: () => this.now,
      callExecution: ((workflowId: string, { kind, requestId }: { kind: ScheduleCall; requestId?: string }) =>
        new Promise<{ runId: string }>((resolve, reject) => {
          const answer = (runId: string): void => resolve({ runId });
          this.asked.push({ kind, workflowId, answer, refuse: reject, ...(requestId && { requestId }) });
        })) as unknown as ScheduleOutside['callExecution'],
      result: (...of) => this.result(...of),
      recordVisibility: async (record) => this.recorded(record),
      keepAlive: () => undefined,
      log: () => undefined,
    });
  }

  async settled(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Alarms until the time, as the platform sends them. */
  async until(time: number): Promise<void> {
    while (this.alarm !== undefined && this.alarm <= time) {
      this.now = Math.max(this.now, this.alarm);
      this.alarm = undefined;
      void this.object.alarm();
      await this.settled();
    }
    this.now = time;
  }
}

describe('the object of a schedule', () => {
  it('leaves out of its row in lists what a row of the platform has no room for', async () => {
    const memo = { fields: { long: { data: 'A'.repeat(3_000_000) } } };
    const comment = '語'.repeat(10_000);
    const structuredCalendar = Array.from({ length: 100 }, () => ({ hour: [{ start: 5 }], comment }));
    for (const more of [{ memo }, { memo, spec: { structuredCalendar } }]) {
      const world = new World();
      const rows: ScheduleRecord[] = [];
      world.recorded = (record) => void rows.push(record);
      const { schedule, ...rest } = request('SKIP', { memo });
      world.object.create({ ...rest, schedule: { ...schedule, ...more } });
      await world.settled();
      expect(rows[0]?.entry.info.workflowType).toEqual({ name: 'report' });
      // 2 MB: https://developers.cloudflare.com/durable-objects/platform/limits/
      expect(Buffer.byteLength(JSON.stringify(rows[0]?.entry))).toBeLessThan(1_600_000);
      expect(world.object.describe().memo).toEqual(memo);
    }
  });

  it('does not take the answer to a start of a schedule that was deleted for that of the next one', async () => {
    const world = new World();
    const backfillRequest = [{ startTime: at(0), endTime: at(MINUTE) }];
    const patch = { initialPatch: { backfillRequest } };
    world.object.create(request('ALLOW_ALL', { requestId: 'a', ...patch }));
    await world.settled();
    world.object.delete();
    await world.settled();
    world.now += 1_000;
    world.object.create(request('ALLOW_ALL', { requestId: 'b', ...patch }));
    await world.settled();
    const starts = world.asked.filter(({ kind }) => kind === 'StartWorkflowExecution');
    expect(new Set(starts.map(({ requestId }) => requestId)).size).toBe(2);
    starts[0]!.answer('of the old one');
    await world.settled();
    expect(world.object.describe().info.runningWorkflows).toEqual([]);
    starts[1]!.answer('of the new one');
    await world.settled();
    expect(world.object.describe().info.runningWorkflows).toMatchObject([{ runId: 'of the new one' }]);
  });

  it('takes the actions of backfills that overlap each by itself', async () => {
    const world = new World();
    const backfillRequest = Array.from({ length: 4 }, () => ({ startTime: at(0), endTime: at(MINUTE) }));
    world.object.create(request('ALLOW_ALL', { initialPatch: { backfillRequest } }));
    await world.settled();
    expect(world.asked).toHaveLength(4);
    expect(new Set(world.asked.map(({ workflowId }) => workflowId)).size).toBe(4);
  });

  it('takes no turn after turn while a start of a long backfill has no answer', async () => {
    const world = new World();
    world.object.create(request('BUFFER_ALL'));
    const backfillRequest = [{ startTime: at(0), endTime: at(1_020 * MINUTE) }];
    world.object.patch({ namespace: 'default', scheduleId, patch: { backfillRequest } });
    await world.until(world.now + MINUTE - 1);
    expect(world.turns).toBeLessThan(20);
    for (let runs = 0; runs < 30; runs++) {
      const { workflowId, answer } = world.asked.shift()!;
      answer(`run-${runs}`);
      await world.settled();
      const closed = { workflowId, firstExecutionRunId: `run-${runs}`, status: 'COMPLETED' };
      world.object.runClosed(closed);
      await world.settled();
    }
    expect(world.object.describe().info).toMatchObject({ bufferDropped: '0' });
    expect(world.state).toMatchObject({ backfills: [], manualCount: 1_020 });
  });

  it('takes its next action in time though a run that it has started does not answer', async () => {
    const world = new World();
    world.object.create(request('ALLOW_ALL'));
    await world.until(11 * MINUTE);
    world.asked[0]!.answer('run-1');
    await world.settled();
    world.result = () => new Promise(() => undefined);
    await world.until(12 * MINUTE);
    expect(world.asked).toHaveLength(2);
  });

  it('starts its own runs though a schedule of its id was deleted in the same millisecond', async () => {
    const world = new World();
    const patch = { initialPatch: { triggerImmediately: {} } };
    const created: string[] = [];
    for (const requestId of ['a', 'b', 'c']) {
      world.object.create(request('ALLOW_ALL', { requestId, ...patch }));
      await world.settled();
      created.push(world.asked.at(-1)!.requestId!);
      world.object.delete();
      await world.settled();
    }
    expect(new Set(created).size).toBe(3);
  });

  it('is listed though a schedule of its id was deleted by a clock that went ahead', async () => {
    const world = new World();
    const deletion = world.now + 5_000;
    const taken: number[] = [];
    world.recorded = ({ version }) => {
      if (version <= deletion) return deletion;
      taken.push(version);
      return undefined;
    };
    world.object.create(request('SKIP'));
    await world.settled();
    expect(taken).toEqual([deletion + 1]);
    expect(world.state).toMatchObject({ visibilityVersion: deletion + 1, recordedVersion: deletion + 1 });
  });

  it('tries again what did not reach its workflow, later each time', async () => {
    const world = new World();
    world.object.create(request('SKIP'));
    await world.until(11 * MINUTE);
    for (let tries = 0; tries < 5; tries++) {
      world.asked.at(-1)!.refuse(new ServiceError('UNAVAILABLE', 'no answer'));
      await world.settled();
      expect(world.asked).toHaveLength(tries + 1);
      await world.until(world.now + 100_000);
      expect(world.asked).toHaveLength(tries + 2);
    }
    expect(new Set(world.asked.map(({ requestId }) => requestId)).size).toBe(1);
  });
});
