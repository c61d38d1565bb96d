import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toDurationJson } from '../../sdk/common/duration.ts';
import type { CreateScheduleRequest, ScheduleJson } from '../../sdk/common/schedule.ts';
import { tick } from '../../src/schedule/policies.ts';
import * as requests from '../../src/schedule/requests.ts';
import { Spec } from '../../src/schedule/spec.ts';
import type { OverlapPolicy, ScheduleState } from '../../src/schedule/state.ts';
import { describe as describeState } from '../../src/schedule/views.ts';

const MINUTE = 60_000;
const startWorkflow = { workflowId: 'w', workflowType: { name: 'report' }, taskQueue: { name: 'q' } };

function request(schedule: Partial<ScheduleJson> = {}, more: Partial<CreateScheduleRequest> = {}) {
  const spec = { interval: [{ interval: '60s' }] };
  const whole = { spec, action: { startWorkflow }, ...schedule };
  return { namespace: 'default', scheduleId: 's', schedule: whole, ...more };
}

const specOf = ({ definition }: ScheduleState): Spec => new Spec(definition.spec);
const pass = (state: ScheduleState, now: number): boolean => tick(state, specOf(state), now);
const startAll = (state: ScheduleState, now: number): void => {
  for (const { id } of [...state.starting]) requests.recordStarted(state, id, `run-${id}`, now);
};
const closed = (runId: string, workflowId: string, status = 'COMPLETED') => ({
  workflowId,
  firstExecutionRunId: runId,
  status,
});

describe('a schedule that was asleep', () => {
  it('makes up for what is in its catch-up window, and counts what is older', () => {
    const policies = { catchupWindow: '120s', overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_ALLOW_ALL' };
    const state = requests.create(request({ policies }), 0);
    pass(state, 10 * MINUTE);
    expect(state.starting.map(({ nominal }) => nominal / MINUTE)).toEqual([8, 9, 10]);
    expect(state.missedCatchupWindow).toBe(7);
  });

  it('looks at a bounded number of times in one turn, and says that there are more', () => {
    const policies = { overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_BUFFER_ALL' };
    const state = requests.create(request({ policies }), 0);
    expect(pass(state, 5_000 * MINUTE)).toBe(true);
    expect(state.cursor).toBe(1_000 * MINUTE);
    for (let turns = 0; pass(state, 5_000 * MINUTE); turns++) expect(turns).toBeLessThan(10);
    expect(state.cursor).toBe(5_000 * MINUTE);
    expect(state).toMatchObject({ buffer: { length: 1_000 }, bufferDropped: 3_999, starting: { length: 1 } });
  });

  it('does not make up for a pause', () => {
    const state = requests.create(request({ state: { paused: true } }), 0);
    pass(state, 10 * MINUTE);
    requests.patch(state, { namespace: 'default', scheduleId: 's', patch: { unpause: 'go' } }, 10 * MINUTE);
    pass(state, 11 * MINUTE);
    expect(state.starting.map(({ nominal }) => nominal / MINUTE)).toEqual([11]);
    expect(state.missedCatchupWindow).toBe(0);
  });
});

describe('a request', () => {
  it('that comes twice acts once', () => {
    const state = requests.create(request(), 0);
    const trigger = {
      namespace: 'default',
      scheduleId: 's',
      requestId: 'q',
      patch: { triggerImmediately: {} },
    };
    requests.patch(state, trigger, 1);
    requests.patch(state, trigger, 2);
    expect(state.buffer).toHaveLength(1);
  });

  it('with other times does not decide again on what is decided, though the clock was set back', () => {
    const state = requests.create(request(), 0);
    pass(state, 10 * MINUTE);
    const other = { interval: [{ interval: '120s' }] };
    requests.update(state, request({ spec: other }), 5 * MINUTE);
    expect(state.cursor).toBe(10 * MINUTE);
    const decided = state.starting.length + state.buffer.length + state.overlapSkipped;
    pass(state, 10 * MINUTE);
    expect(state.starting.length + state.buffer.length + state.overlapSkipped).toBe(decided);
  });

  it('with the conflict token of an older state is refused', () => {
    const state = requests.create(request(), 0);
    const { conflictToken } = describeState(state, specOf(state));
    const update = { ...request(), conflictToken };
    requests.update(state, { ...update, requestId: 'a' }, 1);
    expect(() => requests.update(state, { ...update, requestId: 'b' }, 2)).toThrow('conflict token');
    expect(() => requests.update(state, { ...update, requestId: 'a' }, 3)).not.toThrow();
  });

  it.each([
    [{ policies: { catchupWindow: '9s' } }, 'catchupWindow: must be at least 10 seconds'],
    [
      {
        action: {
          startWorkflow: {
            ...startWorkflow,
            workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE',
          },
        },
      },
      'workflowIdReusePolicy: must be ALLOW_DUPLICATE',
    ],
    [{ action: { startWorkflow: { ...startWorkflow, cronSchedule: '@daily' } } }, 'cronSchedule'],
  ])('%j is refused', (schedule, message) => {
    expect(() => requests.create(request(schedule), 0)).toThrow(message);
  });
});

describe('a run', () => {
  it('whose end is told before its start counts as ended', () => {
    const state = requests.create(request(), 0);
    pass(state, MINUTE);
    const [{ id, workflowId }] = state.starting as [ScheduleState['starting'][number]];
    const result = { payloads: [{ data: 'MQ==' }] };
    requests.recordClosed(state, { ...closed('run-1', workflowId), result });
    requests.recordStarted(state, id, 'run-1', MINUTE);
    expect(state).toMatchObject({
      running: [],
      lastCompletionResult: result,
      recent: [{ status: 'COMPLETED' }],
    });
  });

  it('that nobody knows changes nothing', () => {
    const state = requests.create(request(), 0);
    const before = structuredClone(state);
    requests.recordClosed(state, closed('run-1', 'w'));
    requests.recordStarted(state, 'x', 'run-1', 1);
    expect(state).toEqual(before);
  });
});

const policies = [
  'SKIP',
  'BUFFER_ONE',
  'BUFFER_ALL',
  'CANCEL_OTHER',
  'TERMINATE_OTHER',
  'ALLOW_ALL',
] as const;

/** Whatever happens, and however late: the invariants of RELIABILITY.md, I44. */
describe('at any time', () => {
  it.each(policies)(
    '%s: at most one start for each time, none in a pause, no overlap that the policy forbids',
    (policy) => {
      const step = fc.record({
        ms: fc.integer({ min: 0, max: 7 * MINUTE }),
        what: fc.constantFrom('pass', 'start', 'close', 'pause', 'unpause', 'crash'),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 10, max: 600 }), (steps, window) => {
          const overlapPolicy = `SCHEDULE_OVERLAP_POLICY_${policy satisfies OverlapPolicy}`;
          let state = requests.create(
            request({ policies: { overlapPolicy, catchupWindow: toDurationJson(window * 1_000) } }),
            0,
          );
          let now = 0;
          const started = new Set<number>();
          for (const { ms, what } of steps) {
            now += ms;
            const known = new Set(state.starting.map(({ id }) => id));
            pass(state, now);
            for (const { id, nominal } of state.starting.filter((start) => !known.has(start.id))) {
              expect(started.has(nominal), id).toBe(false);
              started.add(nominal);
              expect(nominal % MINUTE).toBe(0);
              expect(state.definition.state.paused ?? false).toBe(false);
            }
            if (what === 'start') startAll(state, now);
            const [run] = state.running;
            if (what === 'close' && run) requests.recordClosed(state, closed(run.runId, run.workflowId));
            const patch =
              what === 'pause' ? { pause: 'x' } : what === 'unpause' ? { unpause: 'x' } : undefined;
            if (patch) requests.patch(state, { namespace: 'default', scheduleId: 's', patch }, now);
            // What is stored is all there is.
            if (what === 'crash') state = JSON.parse(JSON.stringify(state)) as ScheduleState;
            if (policy !== 'ALLOW_ALL')
              expect(state.running.length + state.starting.length).toBeLessThanOrEqual(1);
            if (policy === 'BUFFER_ONE') expect(state.buffer.length).toBeLessThanOrEqual(1);
            if (policy === 'SKIP') expect(state.buffer).toEqual([]);
          }
        }),
      );
    },
  );
});
