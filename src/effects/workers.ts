/** The Workers of a namespace as an object calls them: sessions for workflow tasks, HTTP for activity tasks. */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import {
  type ActivityTask,
  type ActivityTaskAnswer,
  DISPATCH_ID_HEADER,
  type NotServedAnswer,
  type WorkflowQuery,
  type WorkflowQueryAnswer,
  type WorkflowSession,
  type WorkflowSessionInit,
  type WorkflowTaskAnswer,
  workerPaths,
} from '../../sdk/common/worker-protocol.ts';
import type { ActivityCallOutcome, ActivityWorker, WorkflowWorker } from '../execution/outside.ts';
import type { WorkerDirectory } from '../matching/directory.ts';
import { isWorkerAnswer, OverdueError, type WorkerTarget, withinTime } from '../matching/worker-target.ts';

/** Past its start-to-close an attempt is over for the object; the call is given up a little later. */
const CALL_SLACK_MS = 5_000;
const LONGEST_CALL_MS = 24 * 3_600_000;
/** No workflow task may take longer (its timeout is at most 2 min), and no query waits longer for one. */
const LONGEST_WORKFLOW_CALL_MS = 125_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function workflowWorker(
  directory: WorkerDirectory,
  target: WorkerTarget,
  identity: string,
): WorkflowWorker {
  const { rpc } = target;
  return {
    id: target.id,
    identity,
    keepsSessions: rpc !== undefined,
    open: async (init) => (rpc ? rpc.openWorkflowSession(init) : new HttpSession(directory, target, init)),
    failed: (reason) => directory.failed(target.id, reason),
  };
}

/** A session over plain HTTP: keeps the events and sends all of them with each task. It always replays. */
class HttpSession implements WorkflowSession {
  readonly #directory: WorkerDirectory;
  readonly #target: WorkerTarget;
  readonly #init: WorkflowSessionInit;
  readonly #history: HistoryEvent[] = [];

  constructor(directory: WorkerDirectory, target: WorkerTarget, init: WorkflowSessionInit) {
    this.#directory = directory;
    this.#target = target;
    this.#init = init;
  }

  async feed(events: HistoryEvent[]): Promise<void> {
    this.#history.push(...events);
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates: UpdateRequestJson[] = [],
  ): Promise<WorkflowTaskAnswer> {
    await this.feed(events);
    return (await this.#post(workerPaths.workflowTask, { attempt: 1, updates })) as WorkflowTaskAnswer;
  }

  async proceed(): Promise<WorkflowTaskAnswer> {
    throw new Error('over plain HTTP a Worker answers with the finished task');
  }

  async query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    await this.feed(events);
    return (await this.#post(workerPaths.query, { query })) as WorkflowQueryAnswer;
  }

  [Symbol.dispose](): void {
    this.#history.length = 0;
  }

  async #post(path: string, fields: object): Promise<unknown> {
    const body = JSON.stringify({ ...this.#init, ...fields, history: this.#history });
    const headers = { 'content-type': 'application/json' };
    // A Worker that hangs must not leave a connection behind for each attempt.
    return withinTime(LONGEST_WORKFLOW_CALL_MS, async (signal) => {
      const response = await this.#target.fetch(path, { method: 'POST', body, headers, signal });
      if (isWorkerAnswer(response) && response.ok) return response.json();
      const text = (await response.text()).slice(0, 300);
      if (isWorkerAnswer(response) && response.status === 404) this.#directory.outdated(this.#target.id);
      throw new Error(`${this.#target.id} answered HTTP ${response.status}: ${text}`);
    });
  }
}

export function activityWorker(
  directory: WorkerDirectory,
  target: WorkerTarget,
  identity: string,
): ActivityWorker {
  return { id: target.id, identity, call: (task) => callActivity(directory, target, task) };
}

/** POSTs one attempt. Only an answer that carries the SDK's header is an answer; all else releases the claim. */
async function callActivity(
  directory: WorkerDirectory,
  target: WorkerTarget,
  task: ActivityTask,
): Promise<ActivityCallOutcome> {
  const timeout = Math.min(
    (fromDurationJson(task.startToCloseTimeout) || LONGEST_CALL_MS) + CALL_SLACK_MS,
    LONGEST_CALL_MS,
  );
  const init = {
    method: 'POST',
    body: JSON.stringify(task),
    headers: { 'content-type': 'application/json', [DISPATCH_ID_HEADER]: task.dispatchId },
  };
  try {
    return await withinTime(timeout, async (signal) =>
      outcomeOf(directory, target, await target.fetch(workerPaths.activityTask, { ...init, signal })),
    );
  } catch (error) {
    const reason = `${target.id} was not reached: ${error instanceof Error ? error.message : String(error)}`;
    // A call given up after its start-to-close says that the activity is slow, not that the Worker is down.
    if (!(error instanceof OverdueError)) directory.failed(target.id, reason);
    return { released: reason };
  }
}

async function outcomeOf(
  directory: WorkerDirectory,
  target: WorkerTarget,
  response: Response,
): Promise<ActivityCallOutcome> {
  if (!isWorkerAnswer(response)) {
    await response.body?.cancel();
    const reason = `${target.id} answered HTTP ${response.status} but is no Worker`;
    directory.failed(target.id, reason);
    return { released: reason };
  }
  if (response.status === 202) {
    await response.body?.cancel();
    return { accepted: true };
  }
  const size = Number(response.headers.get('content-length') ?? 0);
  if (size > MAX_ANSWER_BYTES) {
    await response.body?.cancel();
    return { answer: { failed: { failure: tooLarge(size) } } };
  }
  const text = await response.text();
  if (response.status === 404) {
    directory.outdated(target.id);
    return { released: `${target.id} does not serve ${(JSON.parse(text) as NotServedAnswer).notServed}` };
  }
  if (!response.ok)
    return { released: `${target.id} answered HTTP ${response.status}: ${text.slice(0, 300)}` };
  if (text.length > MAX_ANSWER_BYTES) return { answer: { failed: { failure: tooLarge(text.length) } } };
  const answer = parseAnswer(text);
  return answer ? { answer } : { answer: { failed: { failure: garbled(target.id) } } };
}

function parseAnswer(text: string): ActivityTaskAnswer | undefined {
  try {
    const answer = JSON.parse(text) as Record<string, unknown> | null;
    const one =
      answer && (answer.completed ?? answer.canceled ?? (answer.failed as { failure?: unknown })?.failure);
    return typeof one === 'object' && one !== null ? (answer as unknown as ActivityTaskAnswer) : undefined;
  } catch {
    return undefined;
  }
}

function garbled(worker: string): { message: string; applicationFailureInfo: object } {
  return {
    message: `${worker} gave an answer that cannot be read`,
    applicationFailureInfo: { type: 'InvalidAnswer' },
  };
}

function tooLarge(size: number): { message: string; applicationFailureInfo: object } {
  const message = `the activity's answer has ${size} bytes; at most ${MAX_ANSWER_BYTES} are accepted`;
  return { message, applicationFailureInfo: { type: 'PayloadTooLarge', nonRetryable: true } };
}
