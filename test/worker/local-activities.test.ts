import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

describe('local activities that outlast a task that comes over HTTP', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  let runs = 0;
  const slow = {
    async slow() {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      return 'finished';
    },
    async stoppable() {
      await Context.current().cancelled.catch((error: Error) => {
        stopped.push(error.message);
        throw error;
      });
    },
  };
  const stopped: string[] = [];
  const long = proxyLocalActivities<typeof slow>({ startToCloseTimeout: '10 minutes' });
  const longWorkflows = {
    outlasts: async () => long.slow(),
    stoppable: async () => long.stoppable(),
  };

  interface Posting {
    signal?: AbortSignal;
    requestScoped?: boolean;
  }

  function worker(workflowType: string, { signal, requestScoped = false }: Posting = {}) {
    const { logger } = recordingLogger();
    const options = { taskQueue: 'test', workflows: longWorkflows, activities: slow, identity: 'w1', logger };
    const handler = createHandler({ ...options, requestScoped });
    const history = new HistoryBuilder(workflowType);
    /** Posts one workflow task and lets time pass until it is answered. */
    const task = async (by = 'w1'): Promise<WorkflowTaskAnswer> => {
      history.scheduleTask();
      history.startTask();
      const body = { ...initOf(workflowType, history.runId), attempt: 1, history: history.events };
      const init = { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) };
      let answer: WorkflowTaskAnswer | undefined;
      void handler
        .fetch(new Request(`http://worker${workerPaths.workflowTask}`, init))
        .then(async (response) => {
          answer = (await response.json()) as WorkflowTaskAnswer;
        });
      for (let step = 0; !answer && step < 200; step++) await vi.advanceTimersByTimeAsync(100);
      if (answer && 'completed' in answer) {
        history.completeTask(answer.completed.commands);
        for (const event of history.events) {
          if (event.eventType !== 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED') continue;
          event.workflowTaskCompletedEventAttributes.identity = by;
        }
      }
      return answer!;
    };
    return { task };
  }

  it('go on in the next one, once', async () => {
    runs = 0;
    const { task } = worker('outlasts');
    for (let n = 0; n < 2; n++) {
      expect(await task()).toMatchObject({ completed: { commands: [], forceCreateNewWorkflowTask: true } });
    }
    const last = await task();
    expect(JSON.stringify(last)).toContain('COMPLETE_WORKFLOW_EXECUTION');
    expect(runs).toBe(1);
  });

  it('are carried out again when another Worker answered in between', async () => {
    runs = 0;
    const { task } = worker('outlasts');
    await task('another');
    await task();
    expect(runs).toBe(2);
  });

  it('are stopped when no task follows', async () => {
    stopped.length = 0;
    const { task } = worker('stoppable');
    await task();
    expect(stopped).toEqual([]);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(stopped).toEqual(['CANCELLED']);
  });

  it('are stopped when the engine went away', async () => {
    stopped.length = 0;
    const gone = new AbortController();
    const { task } = worker('stoppable', { signal: gone.signal });
    setTimeout(() => gone.abort(), 2_000);
    await task();
    expect(stopped).toEqual(['CANCELLED']);
  });

  it('fail the task where runs cannot be held between requests', async () => {
    const { task } = worker('outlasts', { requestScoped: true });
    const answer = await task();
    expect(JSON.stringify(answer)).toContain('cannot keep a run between two workflow tasks');
  });
});
