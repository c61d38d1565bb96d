/**
 * Temporal's own Web UI on an engine: `node test/ui/temporal-ui-proxy.ts http://127.0.0.1:8787 http://127.0.0.1:8080`, with its
 * `ui-server` at the second address; then open http://127.0.0.1:8788. What it asks of a server goes to the engine, with the header
 * for payloads in the long form; its files and its settings come from the `ui-server`, which needs no Temporal server for that.
 * What the engine refuses is printed.
 */

import { createServer, request } from 'node:http';

const [engine, ui] = process.argv.slice(2).map((address) => new URL(address));
if (!engine || !ui) throw new Error('usage: temporal-ui-proxy.ts ENGINE UI-SERVER');

const PORT = 8788;
const LONG_FORM = 'application/json+no-payload-shorthand';

createServer((incoming, outgoing) => {
  const { url: path = '/', method, headers } = incoming;
  const forEngine = path.startsWith('/api/') && !path.startsWith('/api/v1/settings');
  const { hostname, port, host, origin } = forEngine ? engine : ui;
  const passed = { ...headers, host, ...(forEngine && { accept: LONG_FORM, origin }) };
  const sent = request({ hostname, port, method, path, headers: passed }, (answer) => {
    const { statusCode = 502 } = answer;
    if (forEngine && statusCode >= 400) console.log(statusCode, method, path);
    outgoing.writeHead(statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  sent.on('error', (error) => outgoing.writeHead(502).end(String(error)));
  incoming.pipe(sent);
}).listen(PORT, '127.0.0.1', () => console.log(`Temporal's Web UI on the engine: http://127.0.0.1:${PORT}`));
