import {
  type DataConverter,
  ExternalStorage,
  ExternalStorageNotConfiguredError,
  type Payload,
  type PayloadCodec,
  type StorageDriver,
  StorageDriverClaim,
  ValueError,
} from 'perdure/common';
import { TestWorkflowEnvironment } from 'perdure/testing';
import { Worker } from 'perdure/worker/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataConverter } from '../../sdk/common/load-data-converter.ts';
import { defaultPayloadConverter } from '../../sdk/common/payload.ts';
import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
} from '../../sdk/workflow/index.ts';

class Memory implements StorageDriver {
  readonly name: string;
  readonly type = 'memory';
  readonly blobs = new Map<string, Payload>();
  readonly signals: Array<AbortSignal | undefined> = [];
  constructor(name = 'memory') {
    this.name = name;
  }
  async store(
    { abortSignal }: { abortSignal?: AbortSignal },
    payloads: Payload[],
  ): Promise<StorageDriverClaim[]> {
    this.signals.push(abortSignal);
    return payloads.map((payload) => {
      const key = `${this.name}-${this.blobs.size}`;
      this.blobs.set(key, payload);
      return new StorageDriverClaim({ key });
    });
  }
  async retrieve(_context: object, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return claims.map(({ claimData }) => this.blobs.get(claimData.key!)!);
  }
}

const storing = (driver: StorageDriver, payloadSizeThreshold = 100): DataConverter => ({
  externalStorage: new ExternalStorage({ drivers: [driver], payloadSizeThreshold }),
});
const codecOf = (converter: DataConverter): PayloadCodec =>
  loadDataConverter(converter).payloadCodecs.at(-1)!;
const large = 'x'.repeat(200);
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);

const look = defineQuery<string>('look');
const put = defineSignal<[string]>('put');
async function keep(first: string): Promise<string[]> {
  const { echo } = proxyActivities<{ echo(text: string): Promise<string> }>({ startToCloseTimeout: '1m' });
  let second = '';
  setHandler(look, () => `${first}?`);
  setHandler(put, (text) => {
    second = text;
  });
  await condition(() => second !== '');
  return [await echo(first), second];
}

describe('payloads that are kept elsewhere', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await TestWorkflowEnvironment.createTimeSkipping();
  });
  afterAll(() => env.teardown());

  it('are what clients, workflows and activities see, and references in history', async () => {
    const driver = new Memory();
    const dataConverter = storing(driver);
    const options = { connection: env.nativeConnection, taskQueue: 'stored', dataConverter };
    const echo = async (text: string): Promise<string> => `${text}!`;
    const worker = await Worker.create({ ...options, workflows: { keep }, activities: { echo } });
    const { Client } = await import('perdure/client');
    const client = new Client({ connection: env.connection, dataConverter });
    await worker.runUntil(async () => {
      const start = { taskQueue: 'stored', workflowId: 'kept', args: [large] as [string] };
      const handle = await client.workflow.start(keep, start);
      expect(await handle.query(look)).toBe(`${large}?`);
      await handle.signal(put, 'small');
      expect(await handle.result()).toEqual([`${large}!`, 'small']);
    });
    // Arguments of the start and of the activity, both results, and what the query answered.
    expect(driver.blobs.size).toBe(5);
    const plain = env.client.workflow.getHandle('kept');
    const { events } = await plain.fetchHistory();
    const input = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads[0]!;
    expect(atob(input.metadata!.messageType!)).toBe('temporal.api.sdk.v1.ExternalStorageReference');
    expect(JSON.parse(atob(input.data!))).toEqual({ driverName: 'memory', claimData: { key: 'memory-0' } });
    await expect(plain.result()).rejects.toThrow(ExternalStorageNotConfiguredError);
  });

  it('are those from a size on, counted as a message of protobuf', async () => {
    const payload = payloadOf('text');
    // `metadata` with its one entry takes 24 bytes, `data` 8.
    for (const [threshold, count] of [
      [32, 1],
      [33, 0],
    ] as const) {
      const driver = new Memory();
      await codecOf(storing(driver, threshold)).encode([payload]);
      expect(driver.blobs.size).toBe(count);
    }
  });

  it('come after the codecs, and once, however often the converter is loaded', async () => {
    const driver = new Memory();
    const mark: PayloadCodec = {
      encode: async (payloads) => payloads.map((payload) => ({ ...payload, data: new Uint8Array(300) })),
      decode: async (payloads) => payloads,
    };
    const loaded = loadDataConverter(loadDataConverter({ ...storing(driver), payloadCodecs: [mark] }));
    expect(loaded.payloadCodecs).toHaveLength(2);
    let payloads = [payloadOf('a')];
    for (const codec of loaded.payloadCodecs) payloads = await codec.encode(payloads);
    expect(driver.blobs.get('memory-0')!.data).toHaveLength(300);
  });

  it('go to the driver that is chosen, or to none; what one driver cannot do ends the others', async () => {
    const [a, b] = [new Memory('a'), new Memory('b')];
    const storage = new ExternalStorage({
      drivers: [a, b],
      payloadSizeThreshold: 0,
      driverSelector: (_context, payload) => {
        const value = defaultPayloadConverter.fromPayload<string>(payload);
        return value === 'here' ? null : value === 'a' ? a : b;
      },
    });
    const codec = codecOf({ externalStorage: storage });
    const encoded = await codec.encode(['a', 'here', 'b', 'b'].map(payloadOf));
    expect([a.blobs.size, b.blobs.size]).toEqual([1, 2]);
    const decoded = await codec.decode(encoded);
    expect(decoded.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([
      'a',
      'here',
      'b',
      'b',
    ]);
    b.store = async () => {
      throw new Error('disk full');
    };
    await expect(codec.encode(['a', 'b'].map(payloadOf))).rejects.toThrow('disk full');
    expect(a.signals.at(-1)!.aborted).toBe(true);
    b.store = async () => [];
    await expect(codec.encode([payloadOf('b')])).rejects.toThrow(
      "Driver 'b' returned 0 claims for 1 payloads",
    );
    const foreign = codecOf(storing(new Memory('other')));
    await expect(foreign.decode(encoded)).rejects.toThrow("No driver registered with name 'a'");
  });

  it('need drivers that can be told apart', async () => {
    const make = (options: object) => () => new ExternalStorage(options as { drivers: StorageDriver[] });
    const driver = new Memory();
    expect(make({ drivers: [] })).toThrow(ValueError);
    expect(make({ drivers: [driver, new Memory()] })).toThrow("Duplicate storage driver name: 'memory'");
    expect(make({ drivers: [driver, new Memory('b')] })).toThrow('driverSelector is required');
    expect(make({ drivers: [{ ...driver, name: '' }] })).toThrow("'name' must be a non-empty string");
    expect(make({ drivers: [driver], payloadSizeThreshold: -1 })).toThrow('non-negative');
    const stray = new ExternalStorage({
      drivers: [driver],
      driverSelector: () => new Memory('stray'),
      payloadSizeThreshold: 0,
    });
    await expect(codecOf({ externalStorage: stray }).encode([payloadOf(1)])).rejects.toThrow(
      "Driver 'stray'",
    );
  });
});

it('a start that asks for it is eager where a Worker on the same connection serves the task queue', async () => {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const { Client } = await import('perdure/client');
  const hello = async (): Promise<string> => 'hello';
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'eager',
    workflows: { hello },
  });
  const native = new Client({ connection: env.nativeConnection });
  const eager = async (
    client: typeof native,
    options: { taskQueue: string; requestEagerStart?: boolean },
  ) => {
    const handle = await client.workflow.start(hello, { workflowId: crypto.randomUUID(), ...options });
    return handle.eagerlyStarted;
  };
  const asks = { taskQueue: 'eager', requestEagerStart: true };
  await worker.runUntil(async () => {
    expect(await eager(native, asks)).toBe(true);
    expect(await eager(native, { taskQueue: 'eager' })).toBe(false);
    expect(await eager(native, { ...asks, taskQueue: 'elsewhere' })).toBe(false);
    expect(await eager(new Client({ connection: env.connection }), asks)).toBe(false);
  });
  expect(await eager(native, asks)).toBe(false);
  await env.teardown();
});
