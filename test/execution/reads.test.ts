import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { quarantine } from '../../src/core/derived.ts';
import { type Execution, newExecution } from '../../src/core/state.ts';
import { applyLogged } from '../../src/core/transition.ts';
import { decodeRow } from '../../src/execution/log.ts';
import { OperationCounter } from '../../src/execution/operation-counter.ts';
import type { Outside } from '../../src/execution/outside.ts';
import { Payloads } from '../../src/execution/payloads.ts';
import { Reads } from '../../src/execution/reads.ts';
import type { Turn } from '../../src/execution/turn.ts';
import { Waiters } from '../../src/execution/waiters.ts';
import { Waiting } from '../../src/execution/waiting.ts';
import { done, payloads, Rig } from './rig.ts';

const complete = makeCommand('CompleteWorkflowExecution', { result: payloads('done') });
const query = {
  namespace: 'default',
  execution: { workflowId: 'order-1' },
  query: { queryType: 'signals' },
};
const answered = (...names: string[]) => ({ queryResult: payloads(names) });

describe('describe', () => {
  it('names the task queue that no Worker serves, for a workflow task and for an activity', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const waiting = await rig.object.describe(undefined);
    expect(waiting.pendingWorkflowTask?.waitingReason).toBe('no Worker serves task queue "orders"');
    expect(waiting.problems).toEqual(['no Worker serves task queue "orders"']);

    const half = new Rig();
    half.work = async () => {
      half.served = false;
      return done(
        makeCommand('ScheduleActivityTask', {
          activityId: '1',
          activityType: { name: 'charge' },
          taskQueue: { name: 'cards' },
          startToCloseTimeout: '10s',
        }),
      );
    };
    await half.start();
    await half.settled();
    const { pendingActivities, problems } = await half.object.describe(undefined);
    expect(pendingActivities[0]?.waitingReason).toBe('no Worker serves task queue "cards"');
    expect(problems).toEqual(['no Worker serves task queue "cards"']);
  });

  it('names a workflow task that fails, and what was set aside because it could not be done', async () => {
    const rig = new Rig();
    rig.work = async () => ({
      failed: {
        cause: 'NON_DETERMINISTIC_ERROR',
        failure: { message: 'no timer' },
      },
    });
    await rig.start();
    await rig.settled();
    const execution = newExecution('default', 'order-1');
    for (const { seq, data } of rig.store.rows(0, 2 ** 28))
      applyLogged(execution, 0, decodeRow({ seq, data }));
    quarantine(execution, 'timer/ghost', 'it has no timer');
    const payloads = new Payloads(rig.store);
    const turn = {
      execution,
      payloads,
      committed: async (look: (state: Execution) => unknown) => look(execution),
    };
    const outside = { now: () => rig.now, findWorkflowWorker: async () => ({}) } as unknown as Outside;
    const waiters = new Waiters(outside);
    const waiting = new Waiting(
      () => rig.now,
      () => undefined,
    );
    const context = {
      namespace: 'default',
      workflowId: 'order-1',
      store: rig.store,
      outside,
      waiters,
      waiting,
      operations: new OperationCounter(),
    };
    const reads = new Reads({ ...context, turn: () => turn as unknown as Turn });
    const { problems } = await reads.describe(undefined);
    expect(problems).toEqual([
      expect.stringMatching(/^The workflow task has failed \d+ time\(s\), last with .*: no timer\.$/),
      'Set aside until the next load: timer/ghost: it has no timer.',
    ]);
  });

  it('names why the Workers that are there give a task back', async () => {
    const rig = new Rig();
    rig.work = async () => {
      throw new Error('w1 answered HTTP 413: the history is too large');
    };
    await rig.start();
    await rig.settled();
    const { problems } = await rig.object.describe(undefined);
    expect(problems).toEqual(['w1 answered HTTP 413: the history is too large']);
  });

  it('has no problem to name when a Worker has the task', async () => {
    const rig = new Rig();
    rig.work = () => new Promise(() => undefined);
    rig.inlineBoundMs = 50;
    rig.load();
    const start = rig.start();
    await rig.advance(50);
    await start;
    const { pendingWorkflowTask, problems } = await rig.object.describe(undefined);
    expect(pendingWorkflowTask?.state).toBe('PENDING_WORKFLOW_TASK_STATE_STARTED');
    expect(problems).toEqual([]);
  });

  it('refuses an id without runs and stores nothing for it', async () => {
    const rig = new Rig();
    await expect(rig.object.describe(undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(rig.watched.commits).toEqual([]);
  });
});

describe('a query', () => {
  it('that nobody can answer is told what to do', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    rig.served = false;
    rig.load();
    const execution = { workflowId: 'order-1' };
    await expect(
      rig.object.query({ namespace: 'default', execution, query: { queryType: 'seen' } }),
    ).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/^Cannot query: no Worker serves .*; start one and query again/),
    });
  });

  it('sees every signal that was acknowledged before it', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    for (const name of ['a', 'b', 'c']) await rig.signal(name);
    expect(await rig.object.query(query)).toEqual(answered('a', 'b', 'c'));
  });

  it('waits for the task of a signal that was acknowledged while another task was running', async () => {
    const rig = new Rig();
    rig.inlineBoundMs = 50;
    rig.load();
    await rig.start();
    await rig.settled();
    let finish: () => void = () => undefined;
    rig.work = () =>
      new Promise((resolve) => {
        finish = () => resolve(done());
      });
    const first = rig.signal('a');
    await rig.advance(50);
    await first;
    await rig.signal('b'); // held back: not in history yet
    const asked = rig.object.query(query);
    await rig.settled();
    rig.work = async () => done();
    finish();
    expect(await asked).toEqual(answered('a', 'b'));
  });

  it('is answered after a reload, from a session made for it', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    await rig.signal('a');
    await rig.settled();
    rig.load();
    const commits = rig.watched.commits.length;
    expect(await rig.object.query(query)).toEqual(answered('a'));
    expect(rig.watched.commits.length).toBe(commits);
  });

  it('of a closed run replays it', async () => {
    const rig = new Rig();
    rig.work = async ({ signals }) => done(...(signals.length > 0 ? [complete] : []));
    await rig.start();
    await rig.signal('a');
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    expect(await rig.object.query(query)).toEqual(answered('a'));
    expect(rig.sessions.at(-1)!.disposed).toBe(true);
  });

  it('says what it waits for when no Worker comes', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const asked = rig.object.query(query);
    await rig.settled();
    const [refusal] = await Promise.allSettled([asked, rig.advance(10_000)]);
    expect(refusal).toMatchObject({
      reason: {
        code: 'DEADLINE_EXCEEDED',
        message: expect.stringContaining('no Worker serves task queue "orders"'),
      },
    });
  });

  it('of a run that begins at once waits for its first task, and of one that is delayed is refused', async () => {
    const rig = new Rig();
    await rig.start({ workflowStartDelay: '5s' });
    await rig.settled();
    const refusal = { code: 'FAILED_PRECONDITION', message: 'Workflow task is not scheduled yet.' };
    await expect(rig.object.query(query)).rejects.toMatchObject(refusal);
    await rig.advance(4_500);
    const asked = rig.object.query(query);
    await rig.advance(500);
    expect(await asked).toEqual(answered());
  });

  it('writes nothing', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const commits = rig.watched.commits.length;
    await rig.object.query(query);
    await rig.settled();
    expect(rig.watched.commits.length).toBe(commits);
  });
});

describe('long polls', () => {
  it('wake only after a commit', async () => {
    const rig = new Rig();
    rig.inlineBoundMs = 50;
    rig.load();
    await rig.start();
    await rig.settled();
    rig.work = () => new Promise(() => undefined);
    const length = rig.history().length;
    const token = (await page(rig, { waitNewEvent: true, maximumPageSize: length })).nextPageToken;
    let woken = false;
    const waiting = page(rig, { waitNewEvent: true, nextPageToken: token }).then((reply) => {
      woken = true;
      return reply;
    });
    const signal = rig.signal('a');
    await rig.settled();
    expect(woken).toBe(false); // the turn waits for its task: nothing is committed
    await rig.advance(50);
    await signal;
    const { history } = await waiting;
    expect(history.events.map(({ eventType }) => eventType)).toEqual([
      'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
      'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED',
    ]);
  });

  it('end when their time is up, with a token to go on from', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const token = (await page(rig, { waitNewEvent: true })).nextPageToken;
    const waiting = page(rig, { waitNewEvent: true, nextPageToken: token });
    await rig.settled();
    await rig.advance(20_000);
    expect(await waiting).toEqual({ history: { events: [] }, nextPageToken: token });
  });

  it('for the result of a chain go past a reset of it where that is asked for', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const runId = 'run-1';
    await rig.object.request({
      kind: 'ResetWorkflowExecution',
      namespace: 'default',
      workflowExecution: { workflowId: 'order-1' },
      workflowTaskFinishEventId: 3,
      reason: 'again',
    });
    expect(await rig.object.result(runId, 0, 'resets')).toMatchObject({ pending: true });
    expect(await rig.object.result(runId, 0)).toMatchObject({
      status: 'WORKFLOW_EXECUTION_STATUS_TERMINATED',
    });
    rig.work = async () => done(complete);
    await rig.signal('end');
    await rig.settled();
    expect(await rig.object.result(runId, 0, 'resets')).toMatchObject({
      status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
    });
  });

  it('for a result end with the close of the run they were for, even when another run takes its place', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const waiting = rig.object.result(undefined, 20_000);
    await rig.settled();
    await rig.start({ workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING' });
    expect(await waiting).toMatchObject({
      pending: false,
      runId: 'run-1',
      status: 'WORKFLOW_EXECUTION_STATUS_TERMINATED',
      closeEvent: { eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED' },
    });
  });

  it('for a result say so when the run is still open', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const waiting = rig.object.result(undefined, 1_000);
    await rig.settled();
    await rig.advance(1_000);
    expect(await waiting).toEqual({ pending: true, runId: 'run-1' });
  });
});

describe('history', () => {
  it('comes in pages that join without gap or overlap, for older runs too', async () => {
    const rig = new Rig();
    await rig.start();
    for (const name of ['a', 'b', 'c']) await rig.signal(name);
    await rig.start({ workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING' });
    await rig.settled();
    for (const maximumPageSize of [1, 2, 3, 100]) {
      const read: string[] = [];
      let nextPageToken: string | undefined;
      do {
        const reply = await page(rig, { maximumPageSize, nextPageToken, runId: 'run-1' });
        read.push(...reply.history.events.map(({ eventId }) => eventId));
        nextPageToken = reply.nextPageToken;
      } while (nextPageToken);
      expect(read).toEqual(rig.history(0).map(({ eventId }) => eventId));
    }
  });

  it('of an older run reads its own rows, no more than a page has, and finds the run by its first', async () => {
    const rig = new Rig();
    for (let run = 0; run < 3; run++) {
      await rig.start({ workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING' });
      await rig.settled();
      for (let n = 0; n < 50; n++) await rig.signal(`${n}`);
      await rig.settled();
    }
    const rows = rig.store.rows.bind(rig.store);
    let read = 0;
    rig.store.rows = function* (from, to) {
      for (const row of rows(from, to)) {
        read++;
        yield row;
      }
    };
    const reply = await page(rig, { maximumPageSize: 2, runId: 'run-1' });
    expect(reply.history.events.map(({ eventId }) => eventId)).toEqual(['1', '2']);
    expect(read).toBeLessThan(10);
    read = 0;
    await expect(page(rig, { runId: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(read).toBeLessThan(10);
  });

  it('refuses a token that is none of its own', async () => {
    const rig = new Rig();
    await rig.start();
    await expect(page(rig, { nextPageToken: 'bm9uc2Vuc2U=' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

interface PageOptions {
  maximumPageSize?: number;
  nextPageToken?: string;
  waitNewEvent?: boolean;
  runId?: string;
}

function page(rig: Rig, { runId, ...options }: PageOptions) {
  return rig.object.history({
    namespace: 'default',
    execution: { workflowId: 'order-1', runId },
    ...options,
  });
}
