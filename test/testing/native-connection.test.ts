import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DefaultLogger, errors, NativeConnection, TransportError, Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Call {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const calls: Call[] = [];
const registrations = (): Call[] => calls.filter(({ path }) => path.endsWith('/workers'));
/** Stands in for an engine: answers everything with `{}`. */
const server = createServer(async (incoming, outgoing) => {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  const { method = '', url = '', headers } = incoming;
  calls.push({ method, path: url.split('?')[0]!, headers, body });
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});
let address: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('NativeConnection', () => {
  it('fails with the error that Temporal’s has when it is not taken', async () => {
    const strict = createServer((_, outgoing) => {
      outgoing.writeHead(401, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ code: 16, message: 'no key', details: [] }));
    });
    await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve));
    const { port } = strict.address() as AddressInfo;
    const refused = NativeConnection.connect({ address: `127.0.0.1:${port}` });
    await expect(refused).rejects.toThrow(TransportError);
    await expect(refused).rejects.toThrow('no key');
    expect(errors.TransportError).toBe(TransportError);
    await new Promise((resolve) => strict.close(resolve));
  });

  it('sends the headers and the key that it was given last', async () => {
    const connection = await NativeConnection.create({ address, metadata: { team: 'blue', old: '1' } });
    await connection.setMetadata({ team: 'red' });
    connection.setApiKey('newer');
    await connection.ensureConnected();
    await connection.engine.fetch!(`http://${address}/direct`, { headers: { own: 'yes' } });
    const [call, direct] = calls.slice(-2).map(({ headers }) => headers);
    expect(call).toMatchObject({ team: 'red', authorization: 'Bearer newer' });
    expect(direct).toMatchObject({ team: 'red', authorization: 'Bearer newer', own: 'yes' });
    expect({ ...call, ...direct }).not.toHaveProperty('old');
    await connection.close();
  });

  it('brings a Worker to the engine at its address, with its key and headers', async () => {
    const connection = await NativeConnection.connect({
      address,
      apiKey: 'secret',
      metadata: { team: 'blue' },
    });
    const worker = await Worker.create({
      connection,
      namespace: 'default',
      taskQueue: 'test',
      workflowsPath: join(import.meta.dirname, 'fixtures/workflows.ts'),
      logger: new DefaultLogger('ERROR'),
      shutdownSignals: [],
    });
    expect(worker.connection).toBe(connection);
    await worker.runUntil(async () => {
      while (registrations().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const description = await (await fetch(`${worker.url}/perdure/v1/describe`)).text();
      expect(description).toContain('"greeting"');
    });
    expect(registrations().map(({ method }) => method)).toEqual(['POST', 'DELETE']);
    for (const { path, headers, body } of registrations()) {
      expect(path).toBe('/api/v1/namespaces/default/workers');
      expect(headers).toMatchObject({ authorization: 'Bearer secret', team: 'blue' });
      expect(JSON.parse(body)).toEqual({ url: worker.url });
    }
    await connection.close();
  });

  it('is changed by what its plugins say of native connections only, and keeps them for Workers', async () => {
    const said: string[] = [];
    const says =
      (word: string) =>
      <O>(options: O): O => {
        said.push(word);
        return options;
      };
    const plugin = {
      name: 'both',
      configureNativeConnection: says('native'),
      configureConnection: says('connection'),
    };
    const connection = await NativeConnection.connect({ address, plugins: [plugin] });
    expect(said).toEqual(['native']);
    expect(connection.plugins).toEqual([plugin]);
  });

  it('refuses an address that is none, and options that it cannot honour', async () => {
    await expect(NativeConnection.connect({ address: 'no address' })).rejects.toThrow('no address');
    const certificates = { clientCertPair: {} } as unknown as true;
    await expect(NativeConnection.connect({ address, tls: certificates })).rejects.toThrow('tls');
  });
});
