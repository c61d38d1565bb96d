/** A status page on http://localhost:8080/ORDER-ID, fed by queries: it keeps nothing. Environment: PERDURE_ADDRESS, PORT. */

import { createServer } from 'node:http';
import { Client, Connection, WorkflowNotFoundError } from 'perdure/client';
import { getStatus } from './workflows.ts';

const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787', PORT = '8080' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });

async function page(orderId: string): Promise<string> {
  const { state, location, log } = await client.workflow.getHandle(orderId).query(getStatus);
  const lines = log.map(
    ({ time, what }) => `<li>${new Date(time).toLocaleTimeString()} ${escaped(what)}</li>`,
  );
  const where = location ? ` (${escaped(location)})` : '';
  return `<!doctype html><meta http-equiv="refresh" content="1"><title>${escaped(orderId)}</title>
<h1>${escaped(orderId)}: ${escaped(state)}${where}</h1><ol>${lines.join('')}</ol>`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

createServer(async (request, response) => {
  try {
    const html = await page(decodeURIComponent(request.url!.slice(1)));
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  } catch (error) {
    response.writeHead(error instanceof WorkflowNotFoundError ? 404 : 502).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}/ORDER-ID`));
