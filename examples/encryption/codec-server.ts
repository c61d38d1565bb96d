/** The codec endpoint on this machine: http://127.0.0.1:8081. Environment: PORT, CODEC_TOKEN, CODEC_ORIGINS. */

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { EncryptionCodec } from './codec.ts';
import { codecEndpoint } from './codec-endpoint.ts';
import { keyRing } from './shared.ts';

/** Of Perdure's Web UI, and of Temporal's. */
const UIS = 'http://localhost:8787,http://127.0.0.1:8787,http://localhost:8080';
const { PORT = '8081', CODEC_TOKEN: token, CODEC_ORIGINS = UIS } = process.env;

const codec = new EncryptionCodec(keyRing());
// Namespaces of different people have different keys: look at the namespace here too.
const answer = codecEndpoint(() => codec, {
  origins: CODEC_ORIGINS.split(','),
  // Whoever gets an answer reads everything. Ask your identity provider here, and look at the namespace.
  authorize: (authorization) => token === undefined || authorization === `Bearer ${token}`,
});

createServer(async (incoming, outgoing) => {
  const { method = 'GET', url = '/' } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  const body = method === 'POST' ? await text(incoming) : undefined;
  const response = await answer(
    new Request(`http://localhost${url}`, { method, headers, ...(body !== undefined && { body }) }),
  );
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
}).listen(Number(PORT), '127.0.0.1', () => console.log(`Codec endpoint on http://127.0.0.1:${PORT}`));
