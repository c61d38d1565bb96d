import {
  ApplicationFailure,
  activityInfo,
  CompleteAsyncError,
  Context,
  heartbeat,
  log,
  sleep,
} from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  AsyncCompletionClient,
  type Client,
  Connection,
} from '@temporalio/client';

export async function doSomethingAsync(): Promise<string> {
  const taskToken = activityInfo().taskToken;
  setTimeout(() => doSomeWork(taskToken), 300);
  throw new CompleteAsyncError();
}
async function doSomeWork(taskToken: Uint8Array): Promise<void> {
  const connection = await Connection.connect();
  const client = new AsyncCompletionClient({ connection });
  await client.heartbeat(taskToken, 50);
  await client.complete(taskToken, "Job's done!");
}
export function makeActivities(client: Client, seen: unknown[]) {
  return {
    async byToken(fail: boolean): Promise<string> {
      const info = Context.current().info;
      const token = info.taskToken;
      setTimeout(async () => {
        try {
          await client.activity.heartbeat(token, 'half');
          if (fail)
            await client.activity.fail(
              token,
              ApplicationFailure.nonRetryable('external failure', 'External', { a: 1 }),
            );
          else await client.activity.complete(token, `done in ${info.activityType} attempt ${info.attempt}`);
        } catch (e) {
          seen.push(e);
        }
      }, 20);
      throw new CompleteAsyncError();
    },
    async byId(): Promise<string> {
      const { workflowExecution, activityId } = activityInfo();
      setTimeout(
        () =>
          client.activity
            .complete({ workflowId: workflowExecution!.workflowId, activityId }, 'by id')
            .catch((e) => seen.push(e)),
        20,
      );
      throw new CompleteAsyncError();
    },
    async untilCancelled(): Promise<string> {
      const token = activityInfo().taskToken;
      const timer = setInterval(async () => {
        try {
          await client.activity.heartbeat(token, 'x');
        } catch (err) {
          clearInterval(timer);
          seen.push(err);
          if (err instanceof ActivityCancelledError)
            await client.activity.reportCancellation(token, 'cleaned');
          else if (!(err instanceof ActivityNotFoundError)) throw err;
        }
      }, 20);
      throw new CompleteAsyncError();
    },
    async progress(n: number): Promise<number> {
      log.info('starting at', { from: activityInfo().heartbeatDetails });
      for (let i: number = activityInfo().heartbeatDetails ?? 0; i < n; i++) {
        heartbeat(i + 1);
        if (i === 1 && activityInfo().attempt === 1) throw new Error('crash in the middle');
        await sleep('5ms');
      }
      return activityInfo().attempt;
    },
  };
}
