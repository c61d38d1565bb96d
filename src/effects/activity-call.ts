/**
 * The Workers of a namespace as an object calls them for activity tasks: over JS RPC where it is bound to one that takes
 * them so, by HTTP otherwise.
 */

import { Deadlines } from '../../sdk/common/deadlines.ts';
import { fromDurationJson } from '../../sdk/common/duration.ts';
import { fromRpcText, LONGEST_RPC_TEXT, lacksMethod } from '../../sdk/common/js-rpc.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import { readText } from '../../sdk/common/read-text.ts';
import { TRACEPARENT } from '../../sdk/common/trace-context.ts';
import {
  type ActivityTask,
  DISPATCH_ID_HEADER,
  type WorkerRpc,
  workerPaths,
} from '../../sdk/common/worker-protocol.ts';
import type { ActivityCallOutcome, ActivityWorker } from '../execution/outside.ts';
import type { Found, WorkerDirectory } from '../matching/directory.ts';
import { isWorkerAnswer, OverdueError, type WorkerTarget, withinTime } from '../matching/worker-target.ts';
import { asActivityTaskAnswer, parseAnswer, UnusableAnswerError } from './answers.ts';

/** Past its start-to-close an attempt is over for the object; the call is given up a little later. */
const CALL_SLACK_MS = 5_000;
const LONGEST_CALL_MS = 24 * 3_600_000;
const SHOWN_LENGTH = 300;

/** Makes of a task's token the one that leaves the engine. */
export type SealToken = (task: ActivityTask) => Promise<string>;

export function activityWorker(
  directory: WorkerDirectory,
  { worker: target, identity, deploymentVersion, jsRpc }: Found,
  seal: SealToken,
  deadlines = new Deadlines(),
): ActivityWorker {
  const rpc = jsRpc?.includes('activityTask') ? target.rpc : undefined;
  return {
    id: target.id,
    identity,
    call: (task) => {
      const versioned = deploymentVersion ? { ...task, deploymentVersion } : task;
      return callActivity(directory, target, rpc, versioned, seal, deadlines);
    },
  };
}

/** Sends one attempt. Only what says that it is a Worker's answer is one; all else releases the claim. */
async function callActivity(
  directory: WorkerDirectory,
  target: WorkerTarget,
  rpc: WorkerRpc | undefined,
  task: ActivityTask,
  seal: SealToken,
  deadlines: Deadlines,
): Promise<ActivityCallOutcome> {
  const timeout = Math.min(
    (fromDurationJson(task.startToCloseTimeout) || LONGEST_CALL_MS) + CALL_SLACK_MS,
    LONGEST_CALL_MS,
  );
  const taskToken = await seal(task).catch((error: unknown) => ({ unsealed: String(error) }));
  // Nothing that the Worker has to do with.
  if (typeof taskToken !== 'string')
    return { released: `the task could not be sealed: ${taskToken.unsealed}` };
  const body = JSON.stringify({ ...task, taskToken });
  directory.dispatched('activity', task.taskQueue);
  try {
    const overRpc = rpc && body.length <= LONGEST_RPC_TEXT && (await called(rpc, body, timeout, deadlines));
    const answer = overRpc || (await posted(target, task, body, timeout));
    return outcomeOf(directory, target, answer);
  } catch (error) {
    const reason = `${target.id} was not reached: ${error instanceof Error ? error.message : String(error)}`;
    // A call given up after its start-to-close says that the activity is slow, not that the Worker is down.
    if (!(error instanceof OverdueError)) directory.failed(target.id, reason);
    return { released: reason };
  }
}

/** `text`: `undefined` where it was too long to be read, or was not wanted. */
interface Answered {
  status: number;
  text: string | undefined;
  isWorker: boolean;
}

/**
 * `undefined`: the version of the Worker that was reached does not take tasks so, whatever another one said of itself.
 * The call itself cannot be called off: the Worker has the attempt's deadlines from its task.
 */
async function called(
  rpc: WorkerRpc,
  task: string,
  timeoutMs: number,
  deadlines: Deadlines,
): Promise<Answered | undefined> {
  const overdue = Promise.withResolvers<never>();
  const inTime = deadlines.add(timeoutMs, () => overdue.reject(new OverdueError(timeoutMs)));
  try {
    const answer = await Promise.race([rpc.runActivityTask(task), overdue.promise]);
    const { status, body: text } =
      typeof answer === 'string' || answer instanceof Uint8Array
        ? { status: 200, body: fromRpcText(answer) }
        : answer;
    if (typeof status !== 'number' || typeof text !== 'string')
      throw new Error('it answered as no Worker does');
    return { status, text: text.length > MAX_MESSAGE_BYTES ? undefined : text, isWorker: true };
  } catch (error) {
    if (lacksMethod(error, 'runActivityTask')) return undefined;
    throw error;
  } finally {
    inTime();
  }
}

async function posted(
  target: WorkerTarget,
  { dispatchId, traceparent }: ActivityTask,
  body: string,
  timeoutMs: number,
): Promise<Answered> {
  const headers = {
    'content-type': 'application/json',
    [DISPATCH_ID_HEADER]: dispatchId,
    ...(traceparent && { [TRACEPARENT]: traceparent }),
  };
  return withinTime(timeoutMs, async (signal) => {
    const init = { method: 'POST', body, headers, signal };
    const response = await target.fetch(workerPaths.activityTask, init);
    const { status } = response;
    const isWorker = isWorkerAnswer(response);
    if (isWorker && status !== 202)
      return { status, text: await readText(response, MAX_MESSAGE_BYTES), isWorker };
    await response.body?.cancel();
    return { status, text: undefined, isWorker };
  });
}

function outcomeOf(
  directory: WorkerDirectory,
  target: WorkerTarget,
  { status, text, isWorker }: Answered,
): ActivityCallOutcome {
  if (!isWorker) {
    const reason = `${target.id} answered HTTP ${status} but is no Worker`;
    directory.failed(target.id, reason);
    return { released: reason };
  }
  if (status === 202) return { accepted: true };
  if (status === 404) {
    directory.outdated(target.id);
    return { released: `${target.id} does not serve ${notServedBy(text)}` };
  }
  if (status < 200 || status > 299) {
    const shown = text?.slice(0, SHOWN_LENGTH) ?? 'a very long answer';
    return { released: `${target.id} answered HTTP ${status}: ${shown}` };
  }
  try {
    return { answer: asActivityTaskAnswer(parseAnswer(text, MAX_MESSAGE_BYTES)) };
  } catch (error) {
    if (!(error instanceof UnusableAnswerError)) throw error;
    return { answer: { failed: { failure: error.failure(target.id) } } };
  }
}

/** What the Worker says it does not serve, if it says so as its protocol has it. */
function notServedBy(text: string | undefined): string {
  try {
    const { notServed } = JSON.parse(text ?? '') as { notServed?: unknown };
    if (typeof notServed === 'string') return notServed.slice(0, SHOWN_LENGTH);
  } catch {
    // What it says is shown as it is.
  }
  return `this activity: ${text?.slice(0, SHOWN_LENGTH) ?? ''}`;
}
