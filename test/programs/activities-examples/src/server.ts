import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `/slow` sends a little at a time, for a long time. */
export async function serve(): Promise<{ url: string; close(): void; aborted: () => number }> {
  let aborted = 0;
  const server = createServer((request, response) => {
    if (request.url === '/slow') {
      response.writeHead(200, { 'content-length': '1000' });
      const dribble = setInterval(() => response.write('x'), 100);
      response.on('close', () => {
        clearInterval(dribble);
        aborted += 1;
      });
    } else response.end(JSON.stringify({ args: { answer: '42' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, close, aborted: () => aborted };
}
