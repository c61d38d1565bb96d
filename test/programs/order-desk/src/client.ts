import assert from 'node:assert/strict';
import {
  Client,
  Connection,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateStage,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { TASK_QUEUE } from './activities-shared';
import * as w from './workflows';

(async () => {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: { CustomerId: 2 /* keyword */, Amount: 4 },
  });
  const id = `o-${Date.now()}`;
  const h = await client.workflow.start(w.order, {
    taskQueue: TASK_QUEUE,
    workflowId: id,
    args: ['c1', 100],
    memo: { origin: 'order-desk' },
    typedSearchAttributes: new TypedSearchAttributes([{ key: w.amount, value: 1.5 }]),
    workflowExecutionTimeout: '1 day',
  });
  await assert.rejects(
    client.workflow.start(w.order, { taskQueue: TASK_QUEUE, workflowId: id, args: ['c1', 100] }),
    WorkflowExecutionAlreadyStartedError,
  );
  const same = await client.workflow.start(w.order, {
    taskQueue: TASK_QUEUE,
    workflowId: id,
    args: ['c1', 100],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  });
  assert.equal(same.firstExecutionRunId, h.firstExecutionRunId);
  assert.equal(await h.executeUpdate(w.addNote, { args: ['first'] }), 1);
  await assert.rejects(
    h.executeUpdate(w.addNote, { args: [''] }),
    (e: any) => e instanceof WorkflowUpdateFailedError && e.cause?.message === 'empty note',
  );
  const uh = await h.startUpdate(w.addNote, {
    args: ['second'],
    updateId: 'u2',
    waitForStage: WorkflowUpdateStage.ACCEPTED,
  });
  assert.equal(await uh.result(), 2);
  assert.equal(await h.getUpdateHandle<number>('u2').result(), 2);
  await h.signal('unheard', 'of', 'this');
  assert.equal((await h.query(w.getState)).status, 'PAID');
  const d = await h.describe();
  assert.equal(d.memo?.origin, 'order-desk');
  assert.equal(d.memo?.cents, 100);
  assert.equal(d.typedSearchAttributes.get(w.customerId), 'c1');
  assert.equal(d.typedSearchAttributes.get(w.amount), 1.5);
  assert.equal(d.status.name, 'RUNNING');
  assert.ok(d.startTime instanceof Date);
  assert.equal(d.type, 'order');
  assert.equal(d.taskQueue, TASK_QUEUE);
  await h.signal(w.ship);
  assert.deepEqual(await h.result(), {
    status: 'SHIPPED',
    notes: ['first', 'second', 'by signal', 'unheard:of,this'],
  });
  const wso = new WithStartWorkflowOperation(w.order, {
    taskQueue: TASK_QUEUE,
    workflowId: `${id}-uws`,
    args: ['c2', 7],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  assert.equal(
    await client.workflow.executeUpdateWithStart(w.addNote, { args: ['n'], startWorkflowOperation: wso }),
    1,
  );
  const h2 = await wso.workflowHandle();
  await h2.signal(w.ship);
  assert.equal((await h2.result()).status, 'SHIPPED');
  const bad = await client.workflow.execute(w.order, {
    taskQueue: TASK_QUEUE,
    workflowId: `${id}-bad`,
    args: ['c3', -1],
  });
  assert.deepEqual(bad.notes, ['InvalidCard/NON_RETRYABLE_FAILURE/charge']);
  // lists
  await new Promise((r) => setTimeout(r, 1500));
  const ids: string[] = [];
  for await (const info of client.workflow.list({
    query: `WorkflowType = 'order' AND CustomerId IN ('c1','c2')`,
    pageSize: 1,
  }))
    ids.push(info.workflowId);
  assert.ok(ids.includes(id) && ids.includes(`${id}-uws`), ids.join());
  const { count } = await client.workflow.count(`CustomerId = 'c1'`);
  assert.ok(count >= 1);
  let histories = 0;
  for await (const { workflowId, history } of client.workflow
    .list({ query: `CustomerId = 'c1'` })
    .intoHistories({ concurrency: 3 })) {
    histories++;
    assert.ok((history as any).events.length > 5, workflowId);
  }
  assert.ok(histories >= 1);
  const eternal = await client.workflow.start(w.eternal, { taskQueue: TASK_QUEUE, workflowId: `${id}-e` });
  await eternal.terminate('enough');
  await assert.rejects(
    eternal.result(),
    (e: any) => e instanceof WorkflowFailedError && e.cause?.name === 'TerminatedFailure',
  );
  await assert.rejects(client.workflow.getHandle('none').signal(w.ship), WorkflowNotFoundError);
  // schedules
  const s = await client.schedule.create({
    scheduleId: `s-${id}`,
    spec: {
      calendars: [
        { comment: 'noon', dayOfWeek: ['MONDAY', { start: 'WEDNESDAY', end: 'FRIDAY' }], hour: 12 },
      ],
      intervals: [{ every: '1 hour', offset: '5m' }],
      jitter: '1s',
      timezone: 'Europe/Berlin',
      startAt: new Date(),
    },
    policies: { catchupWindow: '1 day', overlap: ScheduleOverlapPolicy.ALLOW_ALL, pauseOnFailure: true },
    action: {
      type: 'startWorkflow',
      workflowType: w.sched,
      args: ['hi'],
      taskQueue: TASK_QUEUE,
      workflowId: `sw-${id}`,
      memo: { m: 1 },
      retry: { maximumAttempts: 2 },
      typedSearchAttributes: [{ key: w.customerId, value: 'cs' }],
    },
    memo: { owner: 'me' },
    state: { note: 'created', paused: false, remainingActions: 5, triggerImmediately: true },
  });
  for (let i = 0; i < 40 && (await s.describe()).info.recentActions.length < 1; i++)
    await new Promise((r) => setTimeout(r, 200));
  const sd = await s.describe();
  assert.equal(sd.info.recentActions.length, 1);
  assert.equal(sd.memo?.owner, 'me');
  assert.equal(sd.spec.timezone, 'Europe/Berlin');
  assert.ok(sd.info.nextActionTimes[0] instanceof Date);
  assert.equal(sd.action.type, 'startWorkflow');
  assert.deepEqual(sd.action.args, ['hi']);
  await s.pause('p');
  assert.equal((await s.describe()).state.paused, true);
  await s.unpause('q');
  await s.update((prev) => ({
    ...prev,
    state: { ...prev.state, note: 'updated' },
    spec: { intervals: [{ every: '10s' }] },
  }));
  assert.equal((await s.describe()).state.note, 'updated');
  await s.trigger(ScheduleOverlapPolicy.ALLOW_ALL);
  await s.backfill({ start: new Date(Date.now() - 60_000), end: new Date(), overlap: 'ALLOW_ALL' });
  const list: string[] = [];
  for await (const x of client.schedule.list()) list.push(x.scheduleId);
  assert.ok(list.includes(`s-${id}`));
  await s.delete();
  await assert.rejects(s.describe(), ScheduleNotFoundError);
  console.log('done');
  process.exit(0);
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
