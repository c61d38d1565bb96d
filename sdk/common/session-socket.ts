/**
 * A workflow session over a WebSocket, as both sides write it: calls go one way, replies the other, in frames that every
 * host and proxy takes. `docs/worker-protocol.md` shows it from the outside.
 */

import type { HistoryEvent } from './history.ts';
import type { WorkflowQuery, WorkflowSessionInit, WorkflowTaskMessage } from './worker-protocol.ts';

/** Offered and taken as the WebSocket's subprotocol: the version of everything below. */
export const SESSION_PROTOCOL = 'perdure.session.v1';
/** Of one frame. Cloudflare Workers took no more for years, and proxies have bounds of their own. */
export const MAX_FRAME_BYTES = 1024 * 1024;
/** Characters in a frame: none takes more than three bytes, and one more says what the frame is. */
const MAX_PART_LENGTH = Math.floor((MAX_FRAME_BYTES - 1) / 3);
/** Characters of a whole call: a page of history, with events as large as they may be. */
export const MAX_CALL_LENGTH = 64 * 1024 * 1024;

export const closeCodes = {
  /** The session has done its work, or nobody has asked anything of it for a while. */
  done: 1000,
  /** The process, or the isolate, ends. */
  goingAway: 1001,
  /** The other side does not keep to the protocol. */
  protocolError: 1002,
  tooLarge: 1009,
} as const;

/** What is asked of the session. Calls are carried out one after another, and each gets one reply. */
export type SessionCall =
  /** The first, once. */
  | { open: WorkflowSessionInit }
  | { feed: { events: HistoryEvent[] } }
  | { runWorkflowTask: WorkflowTaskMessage }
  | { proceed: Record<string, never> }
  | { query: { events: HistoryEvent[]; query: WorkflowQuery } };

export type SessionReply = { answer: unknown } | { error: { code: string; message: string } };

/** A call or a reply; the reply has the id of its call. */
export type Numbered<Message> = Message & { id: number };

/** The part of a WebSocket that both sides use: Cloudflare's, the one of `ws`, a browser's. */
export interface SessionSocket {
  send(frame: string): void;
  close(code: number, reason: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void;
}

/** A message that fits is a frame as it is; of a longer one all frames but the last begin with `+`, the last with `=`. */
export function sendMessage(socket: SessionSocket, message: Numbered<SessionCall | SessionReply>): void {
  const text = JSON.stringify(message);
  if (text.length <= MAX_PART_LENGTH) {
    socket.send(text);
    return;
  }
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + MAX_PART_LENGTH, text.length);
    // A character of two halves is not taken apart: as text, a half is lost.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--;
    socket.send(`${end < text.length ? '+' : '='}${text.slice(start, end)}`);
    start = end;
  }
}

/** What came is no message. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly tooLarge: boolean;
  constructor(message: string, tooLarge = false) {
    super(message);
    this.tooLarge = tooLarge;
  }
  get closeCode(): number {
    return this.tooLarge ? closeCodes.tooLarge : closeCodes.protocolError;
  }
}

/** Makes messages of frames again. */
export class MessageReader {
  readonly #maxLength: number;
  #text = '';

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The message that ends with this frame, `undefined` while there is more to come. @throws FrameError */
  take(frame: unknown): Numbered<Record<string, unknown>> | undefined {
    if (typeof frame !== 'string') throw new FrameError('it is not text');
    if (frame.length > MAX_FRAME_BYTES) {
      throw new FrameError(`it is too large: a frame has at most ${MAX_FRAME_BYTES} bytes`, true);
    }
    const isPart = frame[0] === '+' || frame[0] === '=';
    if (!isPart && this.#text !== '') throw new FrameError('it does not go on with the message before it');
    if (!isPart) return parse(frame);
    if (this.#text.length + frame.length > this.#maxLength) {
      throw new FrameError(`it is too large; at most ${this.#maxLength} characters are accepted`, true);
    }
    this.#text += frame.slice(1);
    if (frame[0] === '+') return undefined;
    const whole = this.#text;
    this.#text = '';
    return parse(whole);
  }
}

function parse(text: string): Numbered<Record<string, unknown>> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw new FrameError(`it is not JSON: ${(error as Error).message}`);
  }
  const { id } = (message ?? {}) as { id?: unknown };
  if (!Number.isSafeInteger(id)) throw new FrameError('it is no object with a whole number for its id');
  return message as Numbered<Record<string, unknown>>;
}
