/** Creates the schedule (once), makes up for the week before, and shows what it did and will do. */

import { Client, Connection, ScheduleAlreadyRunning } from 'perdure/client';
import { SCHEDULE_ID, TASK_QUEUE } from './shared.ts';
import { report } from './workflows.ts';

const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const DAY = 86_400_000;

const client = new Client({ connection: await Connection.connect({ address }) });
const handle = client.schedule.getHandle(SCHEDULE_ID);
try {
  await client.schedule.create({
    scheduleId: SCHEDULE_ID,
    spec: { cronExpressions: ['0 6 * * * # before the shops open'], timezone: 'Europe/Berlin' },
    action: { type: 'startWorkflow', workflowType: report, taskQueue: TASK_QUEUE, workflowId: 'report' },
    policies: { overlap: 'BUFFER_ALL', pauseOnFailure: true },
  });
} catch (error) {
  if (!(error instanceof ScheduleAlreadyRunning)) throw error;
}
await handle.backfill({ start: new Date(Date.now() - 7 * DAY), end: new Date(), overlap: 'BUFFER_ALL' });
await new Promise((resolve) => setTimeout(resolve, 3_000));
const { info } = await handle.describe();
for (const { scheduledAt, action } of info.recentActions)
  console.log(scheduledAt.toISOString(), action.workflow.workflowId);
console.log('Next:', info.nextActionTimes[0]?.toISOString());
