/** The Workers of a namespace as an object calls them for workflow tasks: in sessions, or by plain HTTP. */

import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import { fromRpcText, LONGEST_RPC_TEXT, lacksMethod } from '../../sdk/common/js-rpc.ts';
import { readText } from '../../sdk/common/read-text.ts';
import {
  type WorkerSession,
  type WorkflowQuery,
  type WorkflowQueryAnswer,
  type WorkflowSession,
  type WorkflowSessionInit,
  type WorkflowTaskAnswer,
  type WorkflowTaskPause,
  workerPaths,
} from '../../sdk/common/worker-protocol.ts';
import type { WorkflowWorker } from '../execution/outside.ts';
import type { Found, WorkerDirectory } from '../matching/directory.ts';
import { isWorkerAnswer, type WorkerTarget, withinTime } from '../matching/worker-target.ts';
import {
  asWorkflowQueryAnswer,
  asWorkflowTaskAnswer,
  failedTask,
  parseAnswer,
  UnusableAnswerError,
} from './answers.ts';
import { askForWebSocket, refusedWebSocket } from './web-socket.ts';
import { WebSocketSession } from './websocket-session.ts';

/** No workflow task may take longer (its timeout is at most 2 min), and no query waits longer for one. */
const LONGEST_WORKFLOW_CALL_MS = 125_000;
/** As much as one message over JS RPC may have. Perdure's own Workers answer with less. */
const MAX_WORKFLOW_ANSWER_BYTES = 32 * 1024 * 1024;
const SHOWN_LENGTH = 300;

export function workflowWorker(
  directory: WorkerDirectory,
  { worker: target, jsRpc, ...found }: Found,
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
      if (target.rpc) {
        const session = pipelined(target.rpc.openWorkflowSession(init));
        return checked(jsRpc?.includes('workflowTask') ? new TextSession(session) : session);
      }
      const overSocket = await webSocketSession(directory, target, init);
      keepsSessions = overSocket !== undefined;
      if (!overSocket) return checked(new HttpSession(directory, target, init));
      return checked(overSocket, () => overSocket.ended);
    },
    failed: (reason) => directory.failed(target.id, reason),
  };
}

/** JS RPC takes calls on what is still being opened: the first one goes out with the opening, and fails if that does. */
function pipelined(opening: Promise<WorkerSession>): WorkerSession {
  return opening as unknown as WorkerSession;
}

/** A session over JS RPC whose tasks are told, and answered, in JSON: those that fit, where the Worker takes them so. */
class TextSession implements WorkflowSession {
  readonly #session: WorkerSession;

  constructor(session: WorkerSession) {
    this.#session = session;
  }

  feed(events: HistoryEvent[]): Promise<void> {
    return this.#session.feed(events);
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    const message = JSON.stringify({ events, updates });
    // A short payload in another script doubles what a long one in base64 takes, if both are in one text.
    if (message.length > LONGEST_RPC_TEXT) return this.#session.runWorkflowTask(events, updates);
    try {
      const answer = fromRpcText(await this.#session.runWorkflowTaskText(message));
      return parseAnswer(answer, MAX_WORKFLOW_ANSWER_BYTES) as WorkflowTaskAnswer;
    } catch (error) {
      // The version that was reached is not the one that described itself. It has not seen the task.
      if (!lacksMethod(error, 'runWorkflowTaskText')) throw error;
      return this.#session.runWorkflowTask(events, updates);
    }
  }

  proceed(): Promise<WorkflowTaskAnswer> {
    return this.#session.proceed();
  }

  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return this.#session.query(events, query);
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
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
      if (isWorkerAnswer(response) && response.ok) return parseAnswer(text, MAX_WORKFLOW_ANSWER_BYTES);
      if (isWorkerAnswer(response) && response.status === 404) this.#directory.outdated(this.#target.id);
      const shown = text?.slice(0, SHOWN_LENGTH) ?? 'a very long answer';
      throw new Error(`${this.#target.id} answered HTTP ${response.status}: ${shown}`);
    });
  }
}
