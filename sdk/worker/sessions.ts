/** The WebSocket sessions of a Worker: who may open one, and how all of them end when it shuts down. */

import type { Logger } from '../common/logger.ts';
import { SESSION_PROTOCOL, type SessionSocket } from '../common/session-socket.ts';
import {
  SDK_HEADER,
  SDK_VERSION,
  type WorkflowSession,
  type WorkflowSessionInit,
} from '../common/worker-protocol.ts';
import { ServedSession } from './served-session.ts';

export interface AcceptedSession {
  /** Of the answer 101. */
  headers: Record<string, string>;
  /** To be called with the Worker's end of the connection. */
  serve(socket: SessionSocket): void;
}

export class Sessions {
  readonly #logger: Logger;
  readonly #open = new Set<ServedSession>();
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** For a request that asks for a WebSocket: why it cannot have one, or how it goes on. */
  accept(
    request: Request,
    open: (init: WorkflowSessionInit) => WorkflowSession,
  ): { refused: { status: number; message: string } } | AcceptedSession {
    const offered = request.headers.get('sec-websocket-protocol')?.split(',') ?? [];
    if (!offered.some((name) => name.trim() === SESSION_PROTOCOL)) {
      return { refused: { status: 400, message: `The subprotocol ${SESSION_PROTOCOL} must be offered` } };
    }
    return {
      headers: { 'sec-websocket-protocol': SESSION_PROTOCOL, [SDK_HEADER]: `typescript/${SDK_VERSION}` },
      serve: (socket) => {
        const session: ServedSession = new ServedSession(socket, {
          open,
          logger: this.#logger,
          onEnd: () => this.#open.delete(session),
        });
        this.#open.add(session);
      },
    };
  }

  /** Each ends after the reply that is due on it. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((session) => session.close()));
  }
}
