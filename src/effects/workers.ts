/** The Workers of a namespace as an object calls them: sessions for workflow tasks, HTTP for activity tasks. */

import { fromDurationJson } from '../../sdk/common/duration.ts';
import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/common/limits.ts';
import { readText } from '../../sdk/common/read-text.ts';
import { TRACEPARENT } from '../../sdk/common/trace-context.ts';
import {
  type ActivityTask,
  DISPATCH_ID_HEADER,
  type WorkflowQuery,
  type WorkflowQueryAnswer,
  type WorkflowSession,
  type WorkflowSessionInit,
  type WorkflowTaskAnswer,
  type WorkflowTaskPause,
  workerPaths,
} from '../../sdk/common/worker-protocol.ts';
import type { ActivityCallOutcome, ActivityWorker, WorkflowWorker } from '../execution/outside.ts';
import type { Found, WorkerDirectory } from '../matching/directory.ts';
import { isWorkerAnswer, OverdueError, type WorkerTarget, withinTime } from '../matching/worker-target.ts';
import {
  asActivityTaskAnswer,
  asWorkflowQueryAnswer,
  asWorkflowTaskAnswer,
  failedTask,
  UnusableAnswerError,
} from './answers.ts';
import { askForWebSocket, refusedWebSocket } from './web-socket.ts';
import { WebSocketSession } from './websocket-session.ts';

/** Past its start-to-close an attempt is over for the object; the call is given up a little later. */
const CALL_SLACK_MS = 5_000;
const LONGEST_CALL_MS = 24 * 3_600_000;
/** No workflow task may take longer (its timeout is at most 2 min), and no query waits longer for one. */
const LONGEST_WORKFLOW_CALL_MS = 125_000;
/** As much as one message over JS RPC may have. Perdure's own Workers answer with less. */
const MAX_WORKFLOW_ANSWER_BYTES = 32 * 1024 * 1024;
const SHOWN_LENGTH = 300;

export function workflowWorker(
  directory: WorkerDirectory,
  { worker: target, ...found }: Found,
): WorkflowWorker {
  let keepsSessions = target.rpc !== undefined;
  return {
    id: target.id,
    ...found,
    // With a URL it shows when a session is opened.
    get keepsSessions() {
      return keepsSessions;
    },
    open: async (init) => {
      const dispatched = (): void => directory.dispatched('workflow', init.taskQueue);
      const checked = (session: WorkflowSession, ended?: () => boolean): WorkflowSession =>
        new CheckedSession(target.id, session, dispatched, ended);
      if (target.rpc) return checked(pipelined(target.rpc.openWorkflowSession(init)));
      const overSocket = await webSocketSession(directory, target, init);
      keepsSessions = overSocket !== undefined;
      if (!overSocket) return checked(new HttpSession(directory, target, init));
      return checked(overSocket, () => overSocket.ended);
    },
    failed: (reason) => directory.failed(target.id, reason),
  };
}

/** JS RPC takes calls on what is still being opened: the first one goes out with the opening, and fails if that does. */
function pipelined(opening: Promise<WorkflowSession>): WorkflowSession {
  return opening as unknown as WorkflowSession;
}

async function webSocketSession(
  directory: WorkerDirectory,
  target: WorkerTarget,
  init: WorkflowSessionInit,
): Promise<WebSocketSession | undefined> {
  const socket = await askForWebSocket(target);
  if (!socket) return undefined;
  socket.accept();
  return new WebSocketSession(socket, init, {
    worker: target.id,
    callTimeoutMs: LONGEST_WORKFLOW_CALL_MS,
    maxReplyLength: MAX_WORKFLOW_ANSWER_BYTES,
    notServed: () => directory.outdated(target.id),
    unheard: () => refusedWebSocket(target),
  });
}

/** A session of a Worker that may answer anything: what cannot be used becomes a failed task, or a failed query. */
class CheckedSession implements WorkflowSession {
  readonly #worker: string;
  readonly #session: WorkflowSession;
  readonly #dispatched: () => void;
  readonly #ended: () => boolean;

  /** Of a stub over JS RPC nobody knows whether it ended: each of its properties is a promise. */
  constructor(
    worker: string,
    session: WorkflowSession,
    dispatched: () => void,
    ended: () => boolean = () => false,
  ) {
    this.#worker = worker;
    this.#session = session;
    this.#dispatched = dispatched;
    this.#ended = ended;
  }

  get ended(): boolean {
    return this.#ended();
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#session.feed(events);
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    this.#dispatched();
    return this.#checked(async () => {
      const given = await this.#session.runWorkflowTask(events, updates);
      const pauses = typeof given === 'object' && given !== null && 'localActivities' in given;
      return pauses ? { localActivities: true as const } : asWorkflowTaskAnswer(given);
    });
  }

  proceed(): Promise<WorkflowTaskAnswer> {
    return this.#checked(async () => asWorkflowTaskAnswer(await this.#session.proceed()));
  }

  async #checked<A>(ask: () => Promise<A>): Promise<A | WorkflowTaskAnswer> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof UnusableAnswerError) return failedTask(this.#worker, error);
      throw error;
    }
  }

  async query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    try {
      return asWorkflowQueryAnswer(await this.#session.query(events, query));
    } catch (error) {
      if (error instanceof UnusableAnswerError) return { failed: error.failure(this.#worker) };
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
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
      const text = await readText(response, MAX_WORKFLOW_ANSWER_BYTES);
      if (isWorkerAnswer(response) && response.ok) return parse(text, MAX_WORKFLOW_ANSWER_BYTES);
      if (isWorkerAnswer(response) && response.status === 404) this.#directory.outdated(this.#target.id);
      const shown = text?.slice(0, SHOWN_LENGTH) ?? 'a very long answer';
      throw new Error(`${this.#target.id} answered HTTP ${response.status}: ${shown}`);
    });
  }
}

/** Its token leaves the engine sealed. */
export type SealTask = (task: ActivityTask) => Promise<ActivityTask>;

export function activityWorker(
  directory: WorkerDirectory,
  { worker: target, identity, deploymentVersion }: Found,
  seal: SealTask,
): ActivityWorker {
  const version = deploymentVersion && { deploymentVersion };
  return {
    id: target.id,
    identity,
    call: (task) => callActivity(directory, target, { ...task, ...version }, seal),
  };
}

/** POSTs one attempt. Only an answer that carries the SDK's header is an answer; all else releases the claim. */
async function callActivity(
  directory: WorkerDirectory,
  target: WorkerTarget,
  task: ActivityTask,
  seal: SealTask,
): Promise<ActivityCallOutcome> {
  const timeout = Math.min(
    (fromDurationJson(task.startToCloseTimeout) || LONGEST_CALL_MS) + CALL_SLACK_MS,
    LONGEST_CALL_MS,
  );
  const sealed = await seal(task).catch((error: unknown) => ({ unsealed: String(error) }));
  // Nothing that the Worker has to do with.
  if ('unsealed' in sealed) return { released: `the task could not be sealed: ${sealed.unsealed}` };
  const init = {
    method: 'POST',
    body: JSON.stringify(sealed),
    headers: {
      'content-type': 'application/json',
      [DISPATCH_ID_HEADER]: task.dispatchId,
      ...(task.traceparent && { [TRACEPARENT]: task.traceparent }),
    },
  };
  directory.dispatched('activity', task.taskQueue);
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
  const text = await readText(response, MAX_MESSAGE_BYTES);
  if (response.status === 404) {
    directory.outdated(target.id);
    return { released: `${target.id} does not serve ${notServedBy(text)}` };
  }
  if (!response.ok) {
    const shown = text?.slice(0, SHOWN_LENGTH) ?? 'a very long answer';
    return { released: `${target.id} answered HTTP ${response.status}: ${shown}` };
  }
  try {
    return { answer: asActivityTaskAnswer(parse(text, MAX_MESSAGE_BYTES)) };
  } catch (error) {
    if (!(error instanceof UnusableAnswerError)) throw error;
    return { answer: { failed: { failure: error.failure(target.id) } } };
  }
}

function parse(text: string | undefined, maxBytes: number): unknown {
  if (text === undefined) {
    throw new UnusableAnswerError(`it is too large; at most ${maxBytes} bytes are accepted`, true);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnusableAnswerError(`it is not JSON: ${(error as Error).message}`);
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
