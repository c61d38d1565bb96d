/**
 * Payloads that are kept elsewhere: what is large goes to a driver of the program's, and a small reference to it travels in its place.
 * It is the last of the codecs on the way out and the first on the way in, so that what is stored is what would have been sent.
 */

import { ExternalStorageNotConfiguredError, ValueError } from './errors.ts';
import type { Payload } from './payload.ts';
import type { PayloadCodec } from './payload-codec.ts';

/** Where a driver has put a payload, in its own words. It is in history. */
export class StorageDriverClaim {
  readonly claimData: Record<string, string>;
  constructor(claimData: Record<string, string>) {
    this.claimData = claimData;
  }
}

interface StorageDriverTarget<K extends string> {
  readonly kind: K;
  readonly namespace: string;
  readonly id?: string;
  readonly runId?: string;
  readonly type?: string;
}
export type StorageDriverWorkflowInfo = StorageDriverTarget<'workflow'>;
export type StorageDriverActivityInfo = StorageDriverTarget<'activity'>;
export type StorageDriverTargetInfo = StorageDriverWorkflowInfo | StorageDriverActivityInfo;

export interface StorageDriverRetrieveContext {
  /** Aborted when another driver's part of the same payloads has failed. */
  abortSignal?: AbortSignal;
}
export interface StorageDriverStoreContext extends StorageDriverRetrieveContext {
  /** For what the payload is. Not given here: a codec sees payloads alone. */
  target?: StorageDriverTargetInfo;
}
export interface StorageDriverSelectContext extends StorageDriverStoreContext {}

export interface StorageDriver {
  /** In references: whoever reads must have a driver of this name. */
  readonly name: string;
  /** What kind of storage it is. */
  readonly type: string;
  /** One claim for each payload, in their order. */
  store(context: StorageDriverStoreContext, payloads: Payload[]): Promise<StorageDriverClaim[]>;
  retrieve(context: StorageDriverRetrieveContext, claims: StorageDriverClaim[]): Promise<Payload[]>;
}

/** `null`: the payload travels as it is. */
export type StorageDriverSelector = (
  context: StorageDriverSelectContext,
  payload: Payload,
) => StorageDriver | null;

export interface ExternalStorageOptions {
  drivers: StorageDriver[];
  /** Which driver takes a payload; needed where there are several. */
  driverSelector?: StorageDriverSelector;
  /** Bytes from which on a payload is stored. Default 256 KiB. */
  payloadSizeThreshold?: number;
}

export class ExternalStorage {
  readonly drivers: StorageDriver[];
  readonly driverSelector: StorageDriverSelector;
  readonly payloadSizeThreshold: number;

  /** @throws ValueError without drivers, for two of one name, and for several with nothing to choose by. */
  constructor({ drivers, driverSelector, payloadSizeThreshold = 256 * 1024 }: ExternalStorageOptions) {
    if (!Array.isArray(drivers) || drivers.length === 0)
      throw new ValueError('ExternalStorage requires at least one driver');
    if (!Number.isFinite(payloadSizeThreshold) || payloadSizeThreshold < 0) {
      throw new ValueError(
        `ExternalStorage.payloadSizeThreshold must be a non-negative finite number, got ${payloadSizeThreshold}`,
      );
    }
    const names = drivers.map((driver) => driver?.name);
    if (!names.every((name) => typeof name === 'string' && name.length > 0))
      throw new ValueError("Storage driver 'name' must be a non-empty string");
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new ValueError(`Duplicate storage driver name: '${twice}'`);
    if (!driverSelector && drivers.length > 1) {
      throw new ValueError(
        'ExternalStorage.driverSelector is required when more than one driver is registered',
      );
    }
    this.drivers = [...drivers];
    this.driverSelector = driverSelector ?? (() => drivers[0]!);
    this.payloadSizeThreshold = payloadSizeThreshold;
  }

  getDriver(name: string): StorageDriver | null {
    return this.drivers.find((driver) => driver.name === name) ?? null;
  }
}

const REFERENCE = { encoding: 'json/protobuf', messageType: 'temporal.api.sdk.v1.ExternalStorageReference' };

const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

function isReference({ metadata }: Payload): boolean {
  return (
    text(metadata?.encoding) === REFERENCE.encoding && text(metadata?.messageType) === REFERENCE.messageType
  );
}

/** @throws ExternalStorageNotConfiguredError for a reference that has come to a converter: nobody has read what it stands for. */
export function refuseReference(payload: Payload): void {
  if (isReference(payload)) throw new ExternalStorageNotConfiguredError();
}

function referenceTo(driver: StorageDriver, { claimData }: StorageDriverClaim): Payload {
  const metadata = { encoding: bytes(REFERENCE.encoding), messageType: bytes(REFERENCE.messageType) };
  return { metadata, data: bytes(JSON.stringify({ driverName: driver.name, claimData })) };
}

const prefixed = (length: number): number => {
  let size = 1 + length;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 128)) size++;
  return length === 0 ? 2 : size;
};

/** As a message of protobuf: thresholds are counted in it. */
function sizeOf({ metadata, data }: Payload): number {
  const entries = Object.entries(metadata ?? {}).map(([key, value]) =>
    prefixed(prefixed(bytes(key).length) + prefixed(value.length)),
  );
  return entries.reduce((sum, size) => sum + size, data?.length ? prefixed(data.length) : 0);
}

interface Share<T> {
  driver: StorageDriver;
  places: number[];
  items: T[];
}

/** The codec of a storage, always the same: converters are loaded from loaded ones. */
const codecs = new WeakMap<ExternalStorage, PayloadCodec>();

export function storageCodec(storage: ExternalStorage): PayloadCodec {
  const before = codecs.get(storage);
  if (before) return before;
  const codec: PayloadCodec = {
    encode: (payloads) => stored(storage, payloads),
    decode: (payloads) => retrieved(storage, payloads),
  };
  codecs.set(storage, codec);
  return codec;
}

async function stored(storage: ExternalStorage, payloads: Payload[]): Promise<Payload[]> {
  const abort = new AbortController();
  const context: StorageDriverStoreContext = { abortSignal: abort.signal };
  const driverOf = (payload: Payload): StorageDriver | null => {
    if (sizeOf(payload) < storage.payloadSizeThreshold) return null;
    const driver = storage.driverSelector(context, payload);
    if (driver && storage.getDriver(driver.name) !== driver) {
      throw new ValueError(
        `Driver '${driver.name}' returned by driverSelector is not registered in ExternalStorage.drivers`,
      );
    }
    return driver;
  };
  const shares = shared(payloads.map((payload) => [driverOf(payload), payload]));
  return replaced(payloads, shares, abort, async ({ driver, items }) => {
    const claims = await driver.store(context, items);
    return complete(driver, 'claims', 'payloads', claims, items).map((claim) => referenceTo(driver, claim));
  });
}

async function retrieved(storage: ExternalStorage, payloads: Payload[]): Promise<Payload[]> {
  const abort = new AbortController();
  const claimOf = (payload: Payload): [StorageDriver | null, StorageDriverClaim] => {
    if (!isReference(payload)) return [null, new StorageDriverClaim({})];
    const reference = JSON.parse(text(payload.data)) as { driverName?: string; claimData?: object };
    const driver = storage.getDriver(reference.driverName ?? '');
    if (!driver) throw new ValueError(`No driver registered with name '${reference.driverName}'`);
    return [driver, new StorageDriverClaim({ ...reference.claimData })];
  };
  const shares = shared(payloads.map(claimOf));
  return replaced(payloads, shares, abort, async ({ driver, items }) => {
    const found = await driver.retrieve({ abortSignal: abort.signal }, items);
    return complete(driver, 'payloads', 'claims', found, items);
  });
}

/** What each driver has to do, with the places that it is for. */
function shared<T>(items: Array<[StorageDriver | null, T]>): Share<T>[] {
  const shares = new Map<StorageDriver, Share<T>>();
  for (const [place, [driver, item]] of items.entries()) {
    if (!driver) continue;
    const share = shares.get(driver) ?? { driver, places: [], items: [] };
    shares.set(driver, share);
    share.places.push(place);
    share.items.push(item);
  }
  return [...shares.values()];
}

/** The payloads with what the drivers have made in their places. When one fails the others are told, and waited for. */
async function replaced<T>(
  payloads: Payload[],
  shares: Share<T>[],
  abort: AbortController,
  work: (share: Share<T>) => Promise<Payload[]>,
): Promise<Payload[]> {
  const result = [...payloads];
  const settled = await Promise.allSettled(
    shares.map(async (share) => {
      try {
        const made = await work(share);
        for (const [i, place] of share.places.entries()) result[place] = made[i]!;
      } catch (error) {
        abort.abort(error);
        throw error;
      }
    }),
  );
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
  return result;
}

function complete<T>(driver: StorageDriver, what: string, forWhat: string, made: T[], items: unknown[]): T[] {
  if (made.length === items.length) return made;
  throw new ValueError(
    `Driver '${driver.name}' returned ${made.length} ${what} for ${items.length} ${forWhat}`,
  );
}
