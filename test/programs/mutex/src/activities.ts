import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { lockWorkflow, requestLock } from './workflows';

export const createActivities = (client: Client) => ({
  async signalWithStartLock(resource: string, timeoutMs: number): Promise<void> {
    const { workflowExecution, taskQueue } = Context.current().info;
    await client.workflow.signalWithStart(lockWorkflow, {
      taskQueue,
      workflowId: `lock-${resource}`,
      signal: requestLock,
      signalArgs: [{ timeoutMs, initiatorId: workflowExecution!.workflowId }],
      args: [],
    });
  },
  async work(resource: string): Promise<string> {
    await Context.current().sleep(20);
    return resource;
  },
});
