/** The codec endpoint of the encryption example, to be switched on and off. */

import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { EncryptionCodec } from '../../examples/encryption/codec.ts';
import { codecEndpoint } from '../../examples/encryption/codec-endpoint.ts';
import { keyRing } from '../../examples/encryption/shared.ts';

export class CodecServer {
  readonly #port: number;
  readonly #answer: (request: Request) => Promise<Response>;
  #server: Server | undefined;
  /** What it was asked: paths. */
  readonly asked: string[] = [];

  constructor(port: number, origin: string, token: string) {
    this.#port = port;
    const codec = new EncryptionCodec(keyRing());
    this.#answer = codecEndpoint(() => codec, {
      origins: [origin],
      authorize: (authorization, namespace) => authorization === `Bearer ${token}` && namespace === 'default',
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer(async (incoming, outgoing) => {
      const { method = 'GET', url = '/' } = incoming;
      const body = method === 'POST' ? await text(incoming) : undefined;
      if (method === 'POST') this.asked.push(url);
      const headers = Object.entries(incoming.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      );
      const response = await this.#answer(
        new Request(`${this.url}${url}`, { method, headers, ...(body !== undefined && { body }) }),
      );
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
