/** WebSockets on Node's HTTP server. Node has a client for them and no server: that part is the library `ws`. */
/// <reference path="./ws.d.ts" />

import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { MAX_FRAME_BYTES, SESSION_PROTOCOL } from '../common/session-socket.ts';
import type { AcceptedSession } from './sessions.ts';

export type AcceptWebSocket = (
  request: Request,
) => Response | AcceptedSession | Promise<Response | AcceptedSession>;

export interface WebSockets {
  /** Drops every connection that is still there. */
  terminate(): void;
}

export async function serveWebSockets(
  server: Server,
  toRequest: (incoming: IncomingMessage) => Request,
  accept: AcceptWebSocket,
): Promise<WebSockets> {
  const { WebSocketServer } = await loadLibrary();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => SESSION_PROTOCOL,
  });
  const own = new WeakMap<IncomingMessage, Record<string, string>>();
  sockets.on('headers', (lines, incoming) => {
    // The library writes the header of the subprotocol itself.
    const { 'sec-websocket-protocol': _, ...headers } = own.get(incoming) ?? {};
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A connection that breaks meanwhile is nobody's error.
    socket.on('error', () => socket.destroy());
    const goOn = async (): Promise<void> => {
      const answer = await accept(toRequest(incoming));
      if (answer instanceof Response) return refuse(socket, answer);
      const { headers, serve } = answer;
      own.set(incoming, headers);
      sockets.handleUpgrade(incoming, socket, head, (opened) => serve(opened));
    };
    goOn().catch(() => socket.destroy());
  });
  return {
    terminate: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/**
 * The library is CommonJS. In an ES bundle (esbuild's, without a banner) its requires of Node's own modules find no
 * `require`: they are given one while it loads.
 */
async function loadLibrary(): Promise<typeof import('ws')> {
  const scope = globalThis as { require?: NodeJS.Require };
  if (scope.require) return import('ws');
  scope.require = createRequire(import.meta.url);
  try {
    return await import('ws');
  } finally {
    delete scope.require;
  }
}

async function refuse(socket: Duplex, answer: Response): Promise<void> {
  const body = await answer.text();
  const headers = {
    ...Object.fromEntries(answer.headers),
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
  );
}
