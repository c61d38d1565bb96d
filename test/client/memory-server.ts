import { createServer, type Server } from 'node:http';
import type { MemoryEngine } from '../../sdk/testing/memory-engine.ts';

/** The engine in memory, on a real port. */
export async function served(engine: MemoryEngine): Promise<Server> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', url = '/' } = request;
    const body = chunks.length > 0 ? Buffer.concat(chunks).toString() : undefined;
    const answer = await engine.fetch(`http://localhost${url}`, { method, ...(body && { body }) });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
