/**
 * Creates the schedule (once), has a night now, and finds what is stuck: `client.ts`. With `--try-again`, all that is stuck
 * is tried again, by one batch job.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection, ScheduleAlreadyRunning } from 'perdure/client';
import { SCHEDULE_ID, TASK_QUEUE } from './shared.ts';
import { nightlyBatch, tryAgain } from './workflows.ts';

const { values: flags } = parseArgs({ options: { 'try-again': { type: 'boolean', default: false } } });
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const namespace = 'default';
const client = new Client({ connection: await Connection.connect({ address }), namespace });
const stuck = "WorkflowType = 'settleAccount' AND WaitingOn = 'signal'";

if (flags['try-again']) {
  const jobId = `try-again-${crypto.randomUUID().slice(0, 8)}`;
  await client.workflowService.startBatchOperation({
    namespace,
    jobId,
    visibilityQuery: stuck,
    reason: 'the banks answer again',
    signalOperation: { signal: tryAgain.name },
  });
  for (let state = ''; state !== 'BATCH_OPERATION_STATE_COMPLETED'; await sleep(500)) {
    const job = await client.workflowService.describeBatchOperation({ namespace, jobId });
    state = job.state;
    console.log(`${job.completeOperationCount} of ${job.totalOperationCount} signalled`);
  }
} else {
  await client.schedule
    .create({
      scheduleId: SCHEDULE_ID,
      spec: { cronExpressions: ['30 2 * * * # when nobody looks'], timezone: 'Europe/Berlin' },
      action: {
        type: 'startWorkflow',
        workflowType: nightlyBatch,
        taskQueue: TASK_QUEUE,
        workflowId: 'night',
      },
    })
    .catch((error) => {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    });
  await client.schedule.getHandle(SCHEDULE_ID).trigger();
  console.log('A night has begun; a bank that does not answer is asked three times…');
  await sleep(10_000);
}
const { groups } = await client.workflow.count("WorkflowType = 'settleAccount' GROUP BY ExecutionStatus");
for (const { groupValues, count } of groups) console.log(`${groupValues}: ${count}`);
for await (const { workflowId } of client.workflow.list({ query: stuck }))
  console.log(`stuck: ${workflowId}`);
