/** How tasks come to a Worker: over HTTP, from an engine it is registered with, or by calls in process. */

import { watchForBlocks } from './block-watch.ts';
import { DispatchVerifier } from './dispatch-verifier.ts';
import type { EngineAddress } from './engine-call.ts';
import { listen } from './http-server.ts';
import type { InProcessEngine } from './native-connection.ts';
import { Registration } from './registration.ts';
import type { Handler } from './serve.ts';

export interface Door {
  /** The address that the engine calls. */
  readonly url: string;
  /** Tells the engine that tasks can come. */
  open(): void;
  /** No new tasks from now on. Resolves when the engine knows; `closed`: when the last answer is on its way. */
  close(): Promise<{ closed: Promise<unknown> }>;
  /** Ends connections on which nobody will answer any more. */
  abandon(): void;
}

export function inProcessDoor(engine: InProcessEngine, handler: Handler, namespace: string): Door {
  return {
    url: 'http://worker',
    open: () => engine.serve(handler, namespace),
    close: async () => {
      engine.stopServing(handler);
      return { closed: Promise.resolve() };
    },
    abandon: () => undefined,
  };
}

export interface HttpDoorOptions {
  engine: EngineAddress;
  namespace: string;
  host: string;
  port: number;
  /** Default: made of host and port. */
  url?: string;
  registrationIntervalMs: number;
  /** How long workflow code may hold the thread. Nobody watches where it is left out. */
  blockTimeoutMs?: number;
  /** Keys of the engine that are known beforehand. */
  engineKeys: readonly string[];
}

/** Listens at once; tasks come after `open`. @throws Error when the port is in use. */
export async function httpDoor(handler: Handler, options: HttpDoorOptions): Promise<Door> {
  const { engine, namespace, host, port, registrationIntervalMs, blockTimeoutMs, engineKeys } = options;
  const verifier = new DispatchVerifier({ keys: engineKeys, willLearn: true });
  let open = true;
  let stopWatching = (): void => undefined;
  // New tasks are not answered as a Worker would: the engine gives them to another one and counts no attempt.
  const closed = (): Response => new Response(null, { status: 503 });
  const server = await listen(
    async (request, undelivered) =>
      open ? handler.fetch(request, { signal: undelivered, verifier }) : closed(),
    async (request) => (open ? handler.acceptSession(request, undefined, verifier) : closed()),
    host,
    port,
  );
  const url = options.url ?? `http://${urlHost(host)}:${server.port}`;
  const registration = new Registration({
    engine,
    namespace,
    url,
    intervalMs: registrationIntervalMs,
    logger: handler.options.logger,
    onKeys: (keys) => verifier.learn(keys),
    onReturn: (lastSeen) => void handler.activityTasks.reportSince(lastSeen, engine),
  });
  return {
    url,
    open: () => {
      if (blockTimeoutMs) stopWatching = watchForBlocks(blockTimeoutMs, handler.options.logger);
      registration.start();
    },
    close: async () => {
      open = false;
      const ended = Promise.all([server.close(), handler.closeSessions()]);
      await registration.stop();
      return { closed: ended };
    },
    abandon: () => {
      stopWatching();
      server.closeAllConnections();
    },
  };
}

function urlHost(host: string): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}
