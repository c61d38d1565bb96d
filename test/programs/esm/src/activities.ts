import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Context } from '@temporalio/activity';

/** Fetches a page; it is served here, so that this program needs no network. */
export async function fetchTitle(name: string): Promise<string> {
  const server = createServer((_, response) => response.end(`<title>${name}</title>`)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const response = await fetch(`http://127.0.0.1:${port}`, {
      signal: Context.current().cancellationSignal,
    });
    return /<title>(.*)<\/title>/.exec(await response.text())?.[1] ?? '';
  } finally {
    server.close();
  }
}
