/** Puts a fetch handler behind Node's HTTP server, and tells it when the answer could not be delivered. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type AcceptWebSocket, serveWebSockets } from './web-sockets.ts';

/** `undelivered` is aborted when the connection is gone before all of the answer left. */
export type ServeRequest = (request: Request, undelivered: AbortSignal) => Promise<Response>;

export interface HttpServer {
  readonly port: number;
  /** Stops listening, lets open requests finish, drops idle connections. */
  close(): Promise<void>;
  /** Drops every connection. */
  closeAllConnections(): void;
}

/** @throws Error with one clear sentence when the port cannot be had. */
export async function listen(
  serve: ServeRequest,
  accept: AcceptWebSocket,
  host: string,
  port: number,
): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => {
    // While closing, a connection ends with the answer that is due on it.
    void exchange(serve, incoming, outgoing).finally(() => server.listening || server.closeIdleConnections());
  });
  const webSockets = await serveWebSockets(server, toRequest, accept);
  // An activity may take long to answer; it is bounded by its own timeouts.
  server.requestTimeout = 0;
  server.headersTimeout = 60_000;
  // Longer than the caller keeps an idle connection, so that it is not closed under a request that is being sent.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeServer(server),
    closeAllConnections: () => {
      server.closeAllConnections();
      webSockets.terminate();
    },
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`Port ${port} on ${host} is in use: stop what uses it, or give the Worker another port`);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

export async function exchange(
  serve: ServeRequest,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const undelivered = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) undelivered.abort();
  });
  // A connection that breaks is told by "close"; without a listener the error would end the process.
  outgoing.on('error', () => undelivered.abort());
  try {
    const response = await serve(toRequest(incoming), undelivered.signal);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    const body = await response.text();
    await new Promise<void>((resolve) => {
      if (outgoing.destroyed) return resolve();
      outgoing.once('close', resolve);
      outgoing.end(body);
    });
  } catch {
    outgoing.destroy();
  }
}

function toRequest(incoming: IncomingMessage): Request {
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const method = incoming.method ?? 'GET';
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers });
  const body = Readable.toWeb(incoming) as unknown as ReadableStream;
  return new Request(url, { method, headers, body, duplex: 'half' } as RequestInit);
}
