/**
 * The address of a test environment's engine. Connections to it in this process lead to the engine at once, and Workers on them are
 * called in process; other processes come over HTTP.
 */

import { type LocalEngine, localEngines } from '../client/local-engines.ts';
import type { InProcessEngine } from '../worker/native-connection.ts';

export type Call = LocalEngine['fetch'];

interface Listening {
  /** `127.0.0.1:PORT` */
  address: string;
  stop(): Promise<void>;
}

/** `undefined` where a program cannot listen: in workerd. */
export async function listenFor(
  engine: InProcessEngine,
  call: Call,
  asked = 0,
): Promise<Listening | undefined> {
  if ((globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers')
    return undefined;
  const [{ createServer }, { exchange }] = await Promise.all([
    import('node:http'),
    import('../worker/http-server.ts'),
  ]);
  const forward = async (request: Request): Promise<Response> => {
    const { method, headers, signal, url } = request;
    const body = ['GET', 'HEAD'].includes(method) ? undefined : await request.text();
    return call(url, { method, headers, signal, ...(body && { body }) });
  };
  const server = createServer((incoming, outgoing) => void exchange(forward, incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(asked, '127.0.0.1', resolve);
  });
  // A test that forgets to tear its environment down ends all the same.
  server.unref();
  const { port } = server.address() as { port: number };
  const address = `127.0.0.1:${port}`;
  const urls = [`http://${address}`, `http://localhost:${port}`];
  for (const url of urls) localEngines().set(url, { fetch: call, engine } as LocalEngine);
  const stop = async (): Promise<void> => {
    for (const url of urls) localEngines().delete(url);
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { address, stop };
}
