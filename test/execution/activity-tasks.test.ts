import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import type { ActivityTask } from '../../sdk/common/worker-protocol.ts';
import type { ActivityCallOutcome } from '../../src/execution/outside.ts';
import { done, payloads, Rig } from './rig.ts';

const completed: ActivityCallOutcome = { answer: { completed: { result: payloads('ok') } } };

/** A run that has scheduled one activity; `calls` are the attempts that reached a Worker. */
async function scheduled(
  options: Partial<Rig> = {},
  outcome = (_rig: Rig) => new Promise<ActivityCallOutcome>(() => undefined),
  attributes: object = {},
) {
  const calls: ActivityTask[] = [];
  const rig = Object.assign(new Rig(), options);
  rig.call = (task) => {
    calls.push(task);
    return outcome(rig);
  };
  rig.work = async ({ events }) =>
    done(
      ...(events.length < 4
        ? [
            makeCommand('ScheduleActivityTask', {
              activityId: '1',
              activityType: { name: 'charge' },
              startToCloseTimeout: '600s',
              ...attributes,
              input: payloads('once'),
            }),
          ]
        : []),
    );
  rig.load();
  await rig.start();
  await rig.settled();
  return { rig, calls };
}

describe('activity tasks', () => {
  it('are claimed in the commit that schedules them when they are dispatched directly', async () => {
    const { rig, calls } = await scheduled();
    const claims = rig.watched.commits.filter(({ rows }) =>
      JSON.stringify(rows).includes('ActivityTaskAttemptStarted'),
    );
    expect(claims).toHaveLength(1);
    expect(JSON.stringify(claims[0])).toContain('ACTIVITY_TASK_SCHEDULED');
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ activityType: 'charge', attempt: 1, input: payloads('once') });
  });

  it('that new options make overdue, and due elsewhere, at the same moment are over: nobody has them', async () => {
    const { rig, calls } = await scheduled({ dispatch: 'queue' });
    await rig.advance(10_000);
    rig.dispatch = 'direct';
    const reply = await rig.object.request({
      kind: 'UpdateActivityOptions',
      namespace: 'default',
      execution: { workflowId: 'order-1' },
      id: '1',
      activityOptions: { taskQueue: { name: 'other' }, scheduleToStartTimeout: '1s' },
    });
    expect(reply).toMatchObject({ activityOptions: { taskQueue: { name: 'other' } } });
    await rig.settled();
    expect(rig.types()).toContain('ACTIVITY_TASK_TIMED_OUT');
    expect(calls).toEqual([]);
  });

  it('are called only after that commit', async () => {
    let committed = '';
    await scheduled({}, (rig) => {
      committed = JSON.stringify(rig.watched.commits);
      return new Promise(() => undefined);
    });
    expect(committed).toContain('ActivityTaskAttemptStarted');
  });

  it('travel as pointers when a Queue is between, and are claimed by the message that brings them', async () => {
    const { rig, calls } = await scheduled({ dispatch: 'queue' });
    expect(rig.sent).toHaveLength(1);
    expect(calls).toEqual([]);
    const [task] = rig.sent;
    const claim = await rig.object.claimActivityTask(task!, 'm1', 'worker-1');
    expect(claim).toMatchObject({ attempt: 1, input: payloads('once') });
    expect(await rig.object.claimActivityTask(task!, 'm1', 'worker-1')).toEqual(claim);
    expect(await rig.object.claimActivityTask(task!, 'm2', 'worker-1')).toBeUndefined();
    await rig.object.reportActivityTask(task!, 'm1', completed);
    await rig.settled();
    expect(rig.types()).toContain('ACTIVITY_TASK_COMPLETED');
    expect(await rig.object.claimActivityTask(task!, 'm1', 'worker-1')).toBeUndefined();
  });

  it('are not handed out when another run has taken the place of theirs', async () => {
    const { rig } = await scheduled({ dispatch: 'queue' });
    const [task] = rig.sent;
    const claim = rig.object.claimActivityTask(task!, 'm1', 'worker-1');
    const start = rig.start({ workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING' });
    await Promise.all([claim, start]);
    expect(await rig.object.claimActivityTask(task!, 'm1', 'worker-1')).toBeUndefined();
  });

  it('whose caller died are called again under the same dispatch id, long before they time out', async () => {
    const { rig, calls } = await scheduled();
    for (let seconds = 0; seconds < 60; seconds += 5) await rig.advance(5_000); // older alarms are used up
    rig.load(); // the object is gone, and nobody asks for it
    for (let seconds = 0; seconds < 180; seconds += 5) await rig.advance(5_000);
    expect(calls.map(({ dispatchId }) => dispatchId)).toEqual([calls[0]!.dispatchId, calls[0]!.dispatchId]);
    expect(calls[1]!.attempt).toBe(1);
  });

  it('are not called twice while the first call is out', async () => {
    const { rig, calls } = await scheduled();
    for (let minutes = 0; minutes < 5; minutes++) await rig.advance(60_000);
    expect(calls).toHaveLength(1);
  });

  it('whose outcome could not be stored are called again soon', async () => {
    const { rig, calls } = await scheduled({}, async (failing) => {
      failing.watched.fail = 'before';
      return completed;
    });
    expect(rig.types()).not.toContain('ACTIVITY_TASK_COMPLETED');
    rig.watched.fail = undefined;
    rig.call = async () => completed;
    await rig.advance(1_000); // the object loads again by itself
    expect(rig.types()).toContain('ACTIVITY_TASK_COMPLETED');
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['a cancellation that nobody asked for', { canceled: {} }],
    [
      'details that are too large',
      { canceled: { details: { payloads: [{ data: 'A'.repeat(24_000_000) }] } } },
    ],
  ])('fail for good when their answer cannot be taken: %s', async (_, answer) => {
    const direct = await scheduled({}, async () => ({ answer }));
    expect(direct.rig.types()).toContain('ACTIVITY_TASK_FAILED');
    const { rig } = await scheduled({ dispatch: 'queue' });
    const [task] = rig.sent;
    await rig.object.claimActivityTask(task!, 'm1', 'worker-1');
    await rig.object.reportActivityTask(task!, 'm1', { answer });
    expect(JSON.stringify(rig.history())).toContain("The Worker's answer was refused");
  });
});

describe('an activity of hours', () => {
  const hours = { startToCloseTimeout: '28800s', heartbeatTimeout: '90s' };
  it('lives by its heartbeats, over restarts of the engine, and is completed by its token', async () => {
    const { rig, calls } = await scheduled({}, async () => ({ accepted: true }), hours);
    const task = {
      namespace: 'default',
      workflowId: 'order-1',
      runId: 'run-1',
      scheduledEventId: 5,
      attempt: 1,
    };
    for (let minute = 1; minute <= 360; minute++) {
      await rig.advance(60_000);
      if (minute % 50 === 0) rig.load();
      await rig.object.request({ kind: 'RecordActivityTaskHeartbeat', task, details: payloads(minute) });
    }
    await rig.object.request({ kind: 'RespondActivityTaskCompleted', task, result: payloads('finished') });
    await rig.settled();
    expect(calls).toHaveLength(1);
    expect(rig.types()).toContain('ACTIVITY_TASK_COMPLETED');
    expect(rig.types().filter((type) => type.endsWith('TIMED_OUT'))).toEqual([]);
  });

  it('is tried again, from its last heartbeat, when they stop', async () => {
    const { rig, calls } = await scheduled({}, async () => ({ accepted: true }), hours);
    const task = {
      namespace: 'default',
      workflowId: 'order-1',
      runId: 'run-1',
      scheduledEventId: 5,
      attempt: 1,
    };
    for (let minute = 1; minute <= 60; minute++) {
      await rig.advance(60_000);
      await rig.object.request({ kind: 'RecordActivityTaskHeartbeat', task, details: payloads(minute) });
    }
    for (let second = 0; second < 95; second++) await rig.advance(1_000);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toMatchObject({ attempt: 2, heartbeatDetails: payloads(60) });
  });
});
