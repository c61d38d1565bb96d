/** Times that lie beyond what the platform's alarm can be armed for. Alone in its shards: nothing else is due sooner. */

import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { scheduleObjectName } from '../../sdk/common/schedule.ts';
import type { Result, VisibilityRecord } from '../../sdk/common/service.ts';
import { until } from '../http-api.ts';
import { api, armedAlarm, env, executionStub, fireAlarm } from './support.ts';

/** More than three thousand years. */
const AGES = '99999999999s';

it('a run that may last for ages is listed, its row confirmed, and it goes on when it is told to', async () => {
  const workflowId = 'ages';
  const more = { workflowExecutionTimeout: AGES };
  await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [1], more });
  await until('its row', async () => (await api.list(`WorkflowId = '${workflowId}'`)).length === 1);
  const stub = executionStub(workflowId) as unknown as {
    unwrittenRow(): Promise<Result<VisibilityRecord | undefined>>;
  };
  await until('the confirmation', async () => {
    await fireAlarm(workflowId);
    return JSON.stringify(await stub.unwrittenRow()) === '{}';
  });
  expect(await armedAlarm(workflowId)).toBeGreaterThan(Date.UTC(2180, 0));
  await api.signal(workflowId, 'add', ['on']);
  expect(await api.result(workflowId)).toEqual(['on']);
});

it('a schedule that acts once in ages is there, and acts when it is triggered', async () => {
  const action = {
    startWorkflow: {
      workflowId: 'seldom',
      workflowType: { name: 'naps' },
      taskQueue: { name: 'plain' },
      input: [0],
    },
  };
  const schedule = { spec: { interval: [{ interval: AGES }] }, action };
  await api.ok('POST', '/schedules/seldom', { schedule });
  await api.ok('POST', '/schedules/seldom/patch', { patch: { triggerImmediately: {} } });
  const stub = env.SCHEDULE.getByName(scheduleObjectName('default', 'seldom'));
  await until('its action', async () => {
    const { info } = await api.ok<any>('GET', '/schedules/seldom');
    return info.recentActions[0]?.startWorkflowStatus === 'WORKFLOW_EXECUTION_STATUS_COMPLETED';
  });
  const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
  expect(alarm).not.toBeNull();
});
