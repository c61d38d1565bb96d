/** Schedules on Cloudflare: their objects as others call them, and the outside world of one of them. */

import { executionObjectName } from '../../sdk/common/ids.ts';
import { type ScheduledRunClosed, scheduleObjectName } from '../../sdk/common/schedule.ts';
import type { GetWorkflowResultReply, Result } from '../../sdk/common/service.ts';
import { type Env, now } from '../env.ts';
import { jsonLogger } from '../observability/log.ts';
import type { ScheduleOutside } from '../schedule/outside.ts';
import { recordSchedule } from '../visibility/schedules.ts';
import { callExecution } from './outside.ts';

interface ScheduleRpc {
  runClosed(closed: ScheduledRunClosed): Promise<Result<void>>;
}
interface ResultRpc {
  result(request: {
    runId: string;
    waitMs: number;
    followRuns: 'resets';
  }): Promise<Result<GetWorkflowResultReply>>;
}

export function scheduleObject(env: Env, namespace: string, scheduleId: string): ScheduleRpc {
  return env.SCHEDULE.getByName(scheduleObjectName(namespace, scheduleId)) as unknown as ScheduleRpc;
}

export function connectSchedule(
  ctx: DurableObjectState,
  env: Env,
  namespace: string,
  scheduleId: string,
): ScheduleOutside {
  return {
    now: () => now(env),
    callExecution: (workflowId, request) => callExecution(env, namespace, namespace, workflowId, request),
    result: (workflowId, runId) => {
      const object = env.WORKFLOW_EXECUTION.getByName(executionObjectName(namespace, workflowId));
      return (object as unknown as ResultRpc).result({ runId, waitMs: 0, followRuns: 'resets' });
    },
    recordVisibility: (record) => recordSchedule(env, namespace, record),
    keepAlive: (promise) => ctx.waitUntil(promise),
    log: (message, fields) => jsonLogger.warn(message, { namespace, scheduleId, ...fields }),
  };
}
