import { describe, expect, it } from 'vitest';
import { Context } from '../../sdk/activity/index.ts';
import { type Command, commandAttributesOf } from '../../sdk/common/command.ts';
import type { WorkflowTaskAnswer } from '../../sdk/common/worker-protocol.ts';
import { workerPaths } from '../../sdk/common/worker-protocol.ts';
import { createHandler } from '../../sdk/worker/serve.ts';
import { CancellationScope, isCancellation, proxyLocalActivities } from '../../sdk/workflow/index.ts';
import { HistoryBuilder, initOf } from '../runtime/history-builder.ts';
import { recordingLogger, values } from './support.ts';

const activities = {
  async describe(name: string) {
    const { isLocal, activityId, attempt, activityType, workflowType } = Context.current().info;
    Context.current().heartbeat('is not needed');
    return { name, isLocal, activityId, attempt, activityType, workflowType };
  },
  async untilCancelled() {
    await Context.current().cancelled;
  },
};
const local = proxyLocalActivities<typeof activities>({ startToCloseTimeout: '5s' });

const workflows = {
  async described() {
    return local.describe('x');
  },
  async cancels() {
    const scope = new CancellationScope();
    const options = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;
    const waits = scope.run(() => local.untilCancelled.executeWithOptions(options, []));
    await local.describe('first');
    scope.cancel();
    return waits.catch((error) => isCancellation(error));
  },
};

async function answerOf(workflowType: string): Promise<unknown> {
  const { logger } = recordingLogger();
  const handler = createHandler({ taskQueue: 'test', workflows, activities, identity: 'w1', logger });
  const history = new HistoryBuilder(workflowType);
  history.scheduleTask();
  history.startTask();
  const body = { ...initOf(workflowType, history.runId), attempt: 1, history: history.events };
  const request = new Request(`http://worker${workerPaths.workflowTask}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const answer = (await (await handler.fetch(request)).json()) as WorkflowTaskAnswer;
  if (!('completed' in answer)) throw new Error(JSON.stringify(answer));
  const last: Command = answer.completed.commands.at(-1)!;
  return values(commandAttributesOf(last, 'CompleteWorkflowExecution').result)[0];
}

describe('local activities of a task that comes over HTTP', () => {
  it('run in the context of an activity, which knows that it is local', async () => {
    expect(await answerOf('described')).toEqual({
      name: 'x',
      isLocal: true,
      activityId: '1',
      attempt: 1,
      activityType: 'describe',
      workflowType: 'described',
    });
  });

  it('are told of a cancellation', async () => {
    expect(await answerOf('cancels')).toBe(true);
  });
});
