/** One session as a Worker serves it over a WebSocket: the run lives as long as the connection. */

import { ServiceError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import {
  closeCodes,
  FrameError,
  MAX_CALL_LENGTH,
  MessageReader,
  type Numbered,
  type SessionCall,
  type SessionReply,
  type SessionSocket,
  sendMessage,
} from '../common/session-socket.ts';
import type { WorkflowSession, WorkflowSessionInit } from '../common/worker-protocol.ts';
import { checkSessionCall } from './body.ts';

/** The engine lets go of a session after some seconds; this is for one that went away without a word. */
const IDLE_MS = 30_000;
/** The engine sends a few pages ahead of their replies, never as many. */
const MAX_WAITING_CALLS = 64;

export interface ServedSessionOptions {
  /** @throws ServiceError */
  open(init: WorkflowSessionInit): WorkflowSession;
  logger: Logger;
  /** The connection is gone. */
  onEnd?(): void;
}

export class ServedSession {
  readonly #socket: SessionSocket;
  readonly #options: ServedSessionOptions;
  readonly #reader = new MessageReader(MAX_CALL_LENGTH);
  #session: WorkflowSession | undefined;
  /** Ends with the last call that came. */
  #calls: Promise<void> = Promise.resolve();
  #waitingCalls = 0;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #closing = false;
  #ended = false;

  constructor(socket: SessionSocket, options: ServedSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', () => this.#end(closeCodes.done, ''));
    socket.addEventListener('error', () => this.#end(closeCodes.done, ''));
    this.#idle();
  }

  /** Ends it as soon as the calls that came have their replies. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#waitingCalls > 0) await this.#calls;
    this.#end(closeCodes.goingAway, 'the Worker is shutting down');
  }

  #receive(frame: unknown): void {
    if (this.#ended || this.#closing) return;
    try {
      const message = this.#reader.take(frame);
      if (!message) return;
      if (this.#waitingCalls >= MAX_WAITING_CALLS)
        throw new FrameError('too many calls wait for their replies');
      clearTimeout(this.#idleTimer);
      this.#waitingCalls++;
      this.#calls = this.#calls.then(() => this.#carryOut(message));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#end(error.closeCode, `a frame cannot be read: ${error.message}`);
    }
  }

  async #carryOut(message: Numbered<Record<string, unknown>>): Promise<void> {
    const reply = this.#ended ? undefined : await this.#replyTo(message);
    this.#waitingCalls--;
    if (!reply || this.#ended) return;
    try {
      sendMessage(this.#socket, { id: message.id, ...reply });
    } catch {
      // The connection is going down: its own event says so.
    }
    if (this.#waitingCalls === 0) this.#idle();
  }

  async #replyTo(message: Record<string, unknown>): Promise<SessionReply> {
    try {
      return { answer: (await this.#answer(checkSessionCall(message))) ?? null };
    } catch (error) {
      if (error instanceof ServiceError) return { error: { code: error.code, message: error.message } };
      this.#options.logger.error('A call of the engine could not be answered', { error });
      return { error: { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) } };
    }
  }

  async #answer(call: SessionCall): Promise<unknown> {
    if ('open' in call) {
      if (this.#session) throw new ServiceError('FAILED_PRECONDITION', 'the session is open already');
      this.#session = this.#options.open(call.open);
      return undefined;
    }
    const session = this.#session;
    if (!session) throw new ServiceError('FAILED_PRECONDITION', 'the session is not open');
    if ('feed' in call) return session.feed(call.feed.events);
    if ('proceed' in call) return session.proceed();
    if ('query' in call) return session.query(call.query.events, call.query.query);
    return session.runWorkflowTask(call.runWorkflowTask.events, call.runWorkflowTask.updates);
  }

  #idle(): void {
    if (this.#ended) return;
    this.#idleTimer = setTimeout(() => this.#end(closeCodes.done, 'nothing was asked of it'), IDLE_MS);
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#idleTimer);
    this.#session?.[Symbol.dispose]();
    try {
      // After the other side's close it completes the handshake, where the platform does not.
      this.#socket.close(code, reason);
    } catch {
      // Gone already.
    }
    this.#options.onEnd?.();
  }
}
