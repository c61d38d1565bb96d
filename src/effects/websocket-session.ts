/**
 * A session of a Worker known by its URL: one WebSocket, opened by the run's object, that ends with the session. What the
 * object waits for never outlives the connection.
 */

import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import {
  closeCodes,
  FrameError,
  MessageReader,
  type SessionCall,
  type SessionSocket,
  sendMessage,
} from '../../sdk/common/session-socket.ts';
import type {
  WorkflowQuery,
  WorkflowQueryAnswer,
  WorkflowSession,
  WorkflowSessionInit,
  WorkflowTaskAnswer,
  WorkflowTaskPause,
} from '../../sdk/common/worker-protocol.ts';
import { UnusableAnswerError } from './answers.ts';

/** Pages of history that may be on their way. */
const PAGES_AHEAD = 4;
/** The first reply comes at once: it says that the session is open. */
const FIRST_REPLY_MS = 2_000;

export interface WebSocketSessionOptions {
  /** In errors: whose session it is. */
  worker: string;
  /** A call that gets no reply for so long is given up, and the session with it. */
  callTimeoutMs: number;
  /** Characters; a reply may not be longer. */
  maxReplyLength: number;
  /** The Worker does not serve the workflow type. */
  notServed(): void;
  /** It ended without a single reply: something on the way there may let no frames through. */
  unheard(): void;
}

interface PendingCall {
  /** Its reply is not waited for. If it fails the session is of no use. */
  ahead: boolean;
  resolve(answer: unknown): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

export class WebSocketSession implements WorkflowSession {
  readonly #socket: SessionSocket;
  readonly #options: WebSocketSessionOptions;
  readonly #reader: MessageReader;
  readonly #pending = new Map<number, PendingCall>();
  readonly #openedTime = Date.now();
  readonly #pagesAhead: Array<Promise<unknown>> = [];
  #lastId = 0;
  #heard = false;
  /** Why it ended: what every later call is told. */
  #end: Error | undefined;

  constructor(socket: SessionSocket, init: WorkflowSessionInit, options: WebSocketSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = new MessageReader(options.maxReplyLength);
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', ({ code, reason }) => {
      this.#over(new Error(`${options.worker} closed the session (${code}${reason && `: ${reason}`})`));
    });
    socket.addEventListener('error', ({ message }) => {
      this.#over(new Error(`the connection to ${options.worker} broke: ${message ?? 'no reason given'}`));
    });
    this.#ahead({ open: init });
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  async feed(events: HistoryEvent[]): Promise<void> {
    this.#pagesAhead.push(this.#ahead({ feed: { events } }));
    if (this.#pagesAhead.length >= PAGES_AHEAD) await this.#pagesAhead.shift();
  }

  async runWorkflowTask(
    events: HistoryEvent[],
    updates: UpdateRequestJson[] = [],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    return (await this.#call({ runWorkflowTask: { events, updates } })) as WorkflowTaskAnswer;
  }

  async proceed(): Promise<WorkflowTaskAnswer> {
    return (await this.#call({ proceed: {} })) as WorkflowTaskAnswer;
  }

  async query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return (await this.#call({ query: { events, query } })) as WorkflowQueryAnswer;
  }

  [Symbol.dispose](): void {
    // Given up at once, for reasons of the run: that says nothing of the way to the Worker.
    if (Date.now() - this.#openedTime < FIRST_REPLY_MS) this.#heard = true;
    this.#over(new Error('the session was given up'));
  }

  #ahead(call: SessionCall): Promise<unknown> {
    const reply = this.#call(call, true);
    // The next call that is waited for says it.
    reply.catch(() => undefined);
    return reply;
  }

  #call(call: SessionCall, ahead = false): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end);
      const { worker, callTimeoutMs } = this.#options;
      const id = ++this.#lastId;
      const overdue = (): void =>
        this.#over(new Error(`${worker} gave no answer within ${callTimeoutMs} ms`));
      this.#pending.set(id, { ahead, resolve, reject, timer: setTimeout(overdue, callTimeoutMs) });
      try {
        sendMessage(this.#socket, { id, ...call });
      } catch (error) {
        this.#over(new Error(`${worker} was not reached: ${(error as Error).message}`));
      }
    });
  }

  #receive(frame: unknown): void {
    if (this.#end) return;
    try {
      const message = this.#reader.take(frame);
      if (message) this.#reply(message);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#over(new UnusableAnswerError(error.message, error.tooLarge), error.closeCode);
    }
  }

  #reply(message: { id: number; answer?: unknown; error?: unknown }): void {
    const call = this.#pending.get(message.id);
    if (!call) throw new FrameError(`it replies to call ${message.id}, which waits for no reply`);
    if (message.answer === undefined && !message.error)
      throw new FrameError('it has neither answer nor error');
    this.#heard = true;
    this.#pending.delete(message.id);
    clearTimeout(call.timer);
    if (!message.error) {
      call.resolve(message.answer);
      return;
    }
    const { code, message: text } = message.error as { code?: unknown; message?: unknown };
    if (code === 'NOT_FOUND') this.#options.notServed();
    const failed = new Error(`${this.#options.worker} answered ${String(code)}: ${String(text)}`);
    call.reject(failed);
    // At once: what it replies to the calls behind this one means nothing any more.
    if (call.ahead) this.#over(failed);
  }

  #over(why: Error, code: number = closeCodes.done): void {
    if (this.#end) return;
    this.#end = why;
    if (!this.#heard) this.#options.unheard();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(why);
    }
    this.#pending.clear();
    try {
      this.#socket.close(code, '');
    } catch {
      // Gone already.
    }
  }
}
