import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import type { WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { updateRequest } from '../core/harness.ts';
import { done, payloads, Rig } from './rig.ts';

const complete = makeCommand('CompleteWorkflowExecution', {});

/** A call that the test answers when it likes. */
function held() {
  let answer!: (answer: WorkflowTaskAnswer) => void;
  let lose!: (error: Error) => void;
  const call = new Promise<WorkflowTaskAnswer>((resolve, reject) => {
    answer = resolve;
    lose = reject;
  });
  return { call, answer, lose };
}

async function started(options: Partial<Rig> = {}): Promise<Rig> {
  const rig = Object.assign(new Rig(), options);
  rig.load();
  await rig.start();
  await rig.settled();
  return rig;
}

describe('workflow tasks', () => {
  it('waits for no Worker once its run is closed: the object may sleep for good', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    await rig.terminate();
    for (let minute = 0; minute < 60; minute++) await rig.advance(60_000);
    expect(rig.watched.alarm).toBeUndefined();
  });

  it('start in the commit that made them due when a Worker is known', async () => {
    const rig = await started();
    const first = JSON.stringify(rig.watched.commits[0]!.rows);
    expect(first).toContain('WORKFLOW_EXECUTION_STARTED');
    expect(first).toContain('WorkflowTaskAttemptStarted');
  });

  it('of a run that begins are run in the turn of its start, in one commit', async () => {
    const rig = Object.assign(new Rig(), { work: async () => done(complete) });
    await rig.start();
    expect(rig.watched.commits).toHaveLength(1);
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    await rig.settled();
    expect(rig.sessions.map(({ disposed }) => disposed)).toEqual([true]);
  });

  it('of a run that begins wait for a Worker that is slow to open no longer than for one that is slow to answer', async () => {
    const rig = Object.assign(new Rig(), { inlineBoundMs: 50 });
    let open: () => void = () => undefined;
    rig.opening = () => new Promise((resolve) => (open = resolve));
    rig.load();
    const start = rig.start();
    await rig.settled();
    expect(rig.watched.commits).toEqual([]);
    await rig.advance(50);
    await start;
    expect(JSON.stringify(rig.watched.commits)).not.toContain('WORKFLOW_TASK_COMPLETED');
    open();
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_TASK_COMPLETED');
    expect(rig.sessions).toHaveLength(1);
  });

  it('of a run that begins go to the next Worker when none can be opened, and the start is not lost', async () => {
    const rig = new Rig();
    let failures = 0;
    rig.opening = async () => {
      if (failures++ === 0) throw new Error('it is away');
    };
    await rig.start();
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_TASK_COMPLETED');
    expect(rig.logged).toContain('failed: it is away');
  });

  it('run in the turn of the signal, in one commit, when a session is warm', async () => {
    const rig = await started();
    const before = rig.watched.commits.length;
    await rig.signal('a');
    expect(rig.watched.commits.length - before).toBe(1);
    expect(rig.types().slice(-4)).toEqual([
      'WORKFLOW_EXECUTION_SIGNALED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
    ]);
    expect(rig.sessions).toHaveLength(1);
  });

  it('never run in the first turn after a load', async () => {
    const rig = await started();
    rig.load();
    const before = rig.watched.commits.length;
    await rig.signal('a');
    await rig.settled();
    const first = JSON.stringify(rig.watched.commits[before]!.rows);
    expect(first).toContain('WorkflowTaskAttemptStarted');
    expect(first).not.toContain('WORKFLOW_TASK_COMPLETED');
    expect(rig.sessions).toHaveLength(2);
  });

  it('that exceed the bound are committed as started first and awaited after', async () => {
    const rig = await started({ inlineBoundMs: 50 });
    const task = held();
    rig.work = () => task.call;
    let acknowledged = false;
    const signal = rig.signal('a').then(() => {
      acknowledged = true;
    });
    await rig.settled();
    expect(acknowledged).toBe(false);
    const before = rig.watched.commits.length;
    await rig.advance(50);
    await signal;
    const committed = JSON.stringify(rig.watched.commits.slice(before));
    expect(committed).toContain('WORKFLOW_EXECUTION_SIGNALED');
    expect(committed).toContain('WorkflowTaskAttemptStarted');
    expect(committed).not.toContain('WORKFLOW_TASK_COMPLETED');
    task.answer(done(complete));
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    expect(rig.sessions).toHaveLength(1);
  });

  it('hold back what arrives meanwhile, and are asked again when they would close over it', async () => {
    const rig = await started({ inlineBoundMs: 50 });
    const task = held();
    rig.work = () => task.call;
    const first = rig.signal('a');
    await rig.advance(50);
    await first;
    await rig.signal('b');
    rig.work = async ({ signals }) => done(...(signals.includes('b') ? [complete] : []));
    task.answer(done(complete));
    await rig.settled();
    expect(rig.types().slice(-7)).toEqual([
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_FAILED',
      'WORKFLOW_EXECUTION_SIGNALED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'WORKFLOW_EXECUTION_COMPLETED',
    ]);
  });

  it('dispose a session whose answer was refused: it is ahead of the log', async () => {
    const rig = await started({ inlineBoundMs: 50 });
    const task = held();
    rig.work = () => task.call;
    const first = rig.signal('a');
    await rig.advance(50);
    await first;
    await rig.signal('b');
    rig.work = async () => done();
    task.answer(done(complete));
    await rig.settled();
    expect(rig.sessions.map(({ disposed }) => disposed)).toEqual([true, false]);
    expect(rig.sessions[1]!.signals).toEqual(['a', 'b']);
  });

  it('dispose the session when a commit failed', async () => {
    const rig = await started();
    rig.watched.fail = 'before';
    await rig.signal('a').catch(() => undefined);
    rig.watched.fail = undefined;
    expect(rig.sessions[0]!.disposed).toBe(true);
    await rig.signal('b');
    await rig.settled();
    expect(rig.sessions.at(-1)!.signals).toEqual(['b']);
  });

  it('are released without a trace in history when the Worker loses them, and run again', async () => {
    const rig = await started();
    let losses = 0;
    rig.work = async () => {
      if (losses++ === 0) throw new Error('the connection was lost');
      return done();
    };
    await rig.signal('a');
    await rig.settled();
    expect(rig.types().slice(-4)).toEqual([
      'WORKFLOW_EXECUTION_SIGNALED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
    ]);
    expect(rig.sessions.map(({ disposed }) => disposed)).toEqual([true, false]);
    expect(rig.logged).toContain('failed: the connection was lost');
  });

  it('are taken from a dead object by the next one', async () => {
    const rig = await started();
    rig.work = () => new Promise(() => undefined);
    rig.inlineBoundMs = 50;
    rig.load();
    void rig.signal('a');
    await rig.settled();
    rig.load();
    rig.work = async () => done(complete);
    await rig.object.poke();
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
  });

  it('take no answer from a session that was given up', async () => {
    const rig = await started({ inlineBoundMs: 50 });
    const task = held();
    rig.work = () => task.call;
    const first = rig.signal('a');
    await rig.advance(50);
    await first;
    rig.work = async () => done();
    await rig.advance(10_000); // timed out: attempt 2 runs in a session of its own
    task.answer({ failed: { cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE', failure: { message: 'late' } } });
    await rig.settled();
    expect(rig.types()).not.toContain('WORKFLOW_TASK_FAILED');
    expect(rig.types().at(-1)).toBe('WORKFLOW_TASK_COMPLETED');
    expect(rig.logged).not.toContain('workflow task failed');
  });

  it('take no answer of a call that began before a turn was undone: an update went with the next one', async () => {
    const rig = Object.assign(new Rig(), { inlineBoundMs: 50 });
    let open: () => void = () => undefined;
    rig.opening = () => new Promise((resolve) => (open = resolve));
    rig.load();
    const start = rig.start();
    await rig.advance(50);
    await start;
    const openLate = open;
    rig.watched.fail = 'after';
    await rig.object.update(updateRequest('u')).catch(() => undefined);
    rig.watched.fail = undefined;
    rig.opening = async () => undefined;
    rig.work = () => new Promise(() => undefined);
    await rig.advance(1_000); // loaded again: the same attempt goes out anew, with the update
    expect(rig.sessions).toHaveLength(1);
    rig.work = async () => done();
    openLate();
    await rig.settled();
    expect(rig.sessions.map(({ disposed }) => disposed)).toEqual([false, true]);
    expect(JSON.stringify(rig.watched.commits)).not.toContain('UpdateRejected');
  });

  it('let a session go after some seconds without work, but not while it works', async () => {
    const rig = await started({ inlineBoundMs: 50 });
    await rig.advance(400);
    const task = held();
    rig.work = () => task.call;
    const signal = rig.signal('a');
    await rig.advance(50);
    await signal;
    await rig.advance(2_000);
    expect(rig.sessions[0]!.disposed).toBe(false);
    task.answer(done());
    await rig.settled();
    expect(rig.types().at(-1)).toBe('WORKFLOW_TASK_COMPLETED');
    await rig.advance(1_000);
    expect(rig.sessions[0]!.disposed).toBe(true);
  });

  it('keep the session of a long history for longer: its replay would cost more', async () => {
    const rig = await started();
    for (let n = 0; n < 1_000; n++) await rig.signal(`s${n}`);
    await rig.advance(3_000);
    expect(rig.sessions[0]!.disposed).toBe(false);
    await rig.advance(8_000);
    expect(rig.sessions[0]!.disposed).toBe(true);
  });

  it('go to a new session when the Worker has ended an idle one: it is not set aside, nothing was lost', async () => {
    const rig = await started();
    rig.sessions[0]!.ended = true;
    await rig.signal('a');
    await rig.settled();
    expect(rig.sessions.map(({ disposed }) => disposed)).toEqual([true, false]);
    expect(rig.sessions[1]!.signals).toEqual(['a']);
    rig.sessions[1]!.ended = true;
    const query = { queryType: 'signals' };
    const reply = await rig.object.query({
      namespace: 'default',
      execution: { workflowId: 'order-1' },
      query,
    });
    expect(reply.queryResult).toEqual(payloads(['a']));
    expect(rig.sessions).toHaveLength(3);
    expect(rig.logged).toEqual([]);
  });

  it.each([1, 2, 3])('answers a query from all of history though read %i of it fails', async (nth) => {
    const rig = await started();
    await rig.signal('a');
    await rig.settled();
    rig.sessions[0]!.ended = true;
    const rows = rig.watched.rows.bind(rig.watched);
    let reads = 0;
    rig.watched.rows = (from, to) => {
      if (++reads === nth) throw new Error('a read failed');
      return rows(from, to);
    };
    const execution = { workflowId: 'order-1' };
    const reply = await rig.object.query({
      namespace: 'default',
      execution,
      query: { queryType: 'signals' },
    });
    expect(reply.queryResult).toEqual(payloads(['a']));
  });

  it('end their session with the task when the Worker keeps none', async () => {
    const rig = await started({ keepsSessions: false });
    expect(rig.sessions[0]!.disposed).toBe(true);
    await rig.signal('a');
    await rig.settled();
    expect(rig.sessions).toHaveLength(2);
  });
});
