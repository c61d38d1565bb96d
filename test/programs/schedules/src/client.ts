import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { reminder } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  const scheduleId = `schedule-${Date.now()}`;
  const schedule = await client.schedule.create({
    scheduleId,
    action: {
      type: 'startWorkflow',
      workflowType: reminder,
      args: ['Drink water'],
      taskQueue: 'schedules',
      workflowId: 'reminder',
    },
    policies: { catchupWindow: '1 day', overlap: ScheduleOverlapPolicy.ALLOW_ALL },
    spec: {
      intervals: [{ every: '1 hour' }],
      calendars: [
        { comment: 'weekday noons', dayOfWeek: { start: 'MONDAY', end: 'FRIDAY' }, hour: 12 },
        { month: ['JANUARY', 'JULY'], dayOfMonth: 1, hour: [8, 20] },
      ],
      timezone: 'Europe/Vienna',
    },
    state: { paused: true, note: 'not yet' },
    memo: { owner: 'me' },
  });
  const { state, memo, spec } = await schedule.describe();
  assert.deepEqual([state.paused, state.note, memo], [true, 'not yet', { owner: 'me' }]);
  assert.equal(spec.calendars?.length, 2);
  await schedule.unpause('now');
  await schedule.update((previous) => ({
    ...previous,
    spec: { intervals: [{ every: '3s' }] },
    policies: { ...previous.policies, overlap: 'SKIP' },
  }));
  await schedule.trigger();
  for (let i = 0; i < 100; i++) {
    const { info } = await schedule.describe();
    if (info.recentActions.length > 1) break;
    await wait(200);
  }
  const { info, action } = await schedule.describe();
  assert.ok(info.recentActions.length > 1, 'it was triggered and it runs by itself');
  assert.equal(action.type, 'startWorkflow');
  const recent = info.recentActions[0]!.action;
  if (recent.type === 'startWorkflow') await client.workflow.getHandle(recent.workflow.workflowId).result();
  await schedule.backfill({ start: new Date(Date.now() - 20_000), end: new Date(), overlap: 'ALLOW_ALL' });
  await schedule.pause('enough');
  const ids: string[] = [];
  for await (const { scheduleId: id, info: summary } of client.schedule.list()) {
    ids.push(id);
    assert.ok(Array.isArray(summary?.recentActions));
  }
  assert.ok(ids.includes(scheduleId));
  await schedule.delete();
  await assert.rejects(client.schedule.getHandle(scheduleId).describe(), ScheduleNotFoundError);
  await client.connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
