/**
 * The random numbers of a run: seeded by its run id, so that every replay draws the same ones, and the same ones that
 * Temporal's SDK draws (its replayer checks what is made of them, for example ids). SipHash-1-3 with zero keys over the
 * run id gives 64 bits; their eight big-endian bytes seed Johannes Baagøe's Alea generator.
 */

const MASK = (1n << 64n) - 1n;
const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & MASK;

/** The text's UTF-8 bytes and one 0xFF, which is how Rust feeds a string to a hasher. */
function hashInput(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const input = new Uint8Array(bytes.length + 1);
  input.set(bytes);
  input[bytes.length] = 0xff;
  return input;
}

/** SipHash with one compression and three finalization rounds, both keys zero. */
export function sipHash13(text: string): bigint {
  const input = hashInput(text);
  let v0 = 0x736f6d6570736575n;
  let v1 = 0x646f72616e646f6dn;
  let v2 = 0x6c7967656e657261n;
  let v3 = 0x7465646279746573n;
  const round = (): void => {
    v0 = (v0 + v1) & MASK;
    v2 = (v2 + v3) & MASK;
    v1 = rotate(v1, 13n) ^ v0;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v1) & MASK;
    v0 = (v0 + v3) & MASK;
    v1 = rotate(v1, 17n) ^ v2;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = rotate(v2, 32n);
  };
  const words = Math.floor(input.length / 8);
  for (let word = 0; word <= words; word++) {
    // The last word holds the bytes left over, and the length in its highest byte.
    let m = word === words ? BigInt(input.length & 0xff) << 56n : 0n;
    for (let i = word * 8; i < Math.min(word * 8 + 8, input.length); i++) {
      m |= BigInt(input[i]!) << BigInt((i % 8) * 8);
    }
    v3 ^= m;
    round();
    v0 ^= m;
  }
  v2 ^= 0xffn;
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/** The seed of a run: eight bytes, most significant first. */
function seedOf(runId: string): number[] {
  const hash = sipHash13(runId);
  return Array.from({ length: 8 }, (_, i) => Number((hash >> BigInt(56 - 8 * i)) & 0xffn));
}

const STREAM = 'temporal-workflow-random-stream-v1';

/** The seed of a named stream: what it is for, the run's seed and the name, the latter two after their lengths. */
function seedOfStream(seed: readonly number[], name: string): number[] {
  const text = (value: string): number[] => [...new TextEncoder().encode(value)];
  const sized = (bytes: readonly number[]): number[] => {
    const { length } = bytes;
    return [length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff, ...bytes];
  };
  return [...text(STREAM), ...sized(seed), ...sized(text(name))];
}

const TWO_32 = 0x1_0000_0000;

/** Baagøe's Mash: folds bytes into a running state and answers with 32 bits of it as a fraction. */
function makeMash(): (bytes: readonly number[]) => number {
  let n = 0xefc8249d;
  return (bytes) => {
    for (const byte of bytes) {
      n += byte;
      let h = 0.02519603282416938 * n;
      n = h >>> 0;
      h -= n;
      h *= n;
      n = h >>> 0;
      h -= n;
      n += h * TWO_32;
    }
    return (n >>> 0) / TWO_32;
  };
}

type Place = [number, number, number];

function placeOf(seed: readonly number[]): Place {
  const mash = makeMash();
  const place: Place = [mash([32]), mash([32]), mash([32])];
  for (let i = 0; i < 3; i++) {
    place[i]! -= mash(seed);
    if (place[i]! < 0) place[i]! += 1;
  }
  return place;
}

/** A seeded generator. `next()` gives a number in [0, 1) with 32 bits of randomness. */
export class SeededRandom {
  readonly #runId: string;
  readonly #name: string | undefined;
  readonly #streams = new Map<string, SeededRandom>();
  #carry = 1;
  /** Most workflows draw nothing: their run ids are never hashed. */
  #place: Place | undefined;

  /** @param name of a stream beside the run's main one */
  constructor(runId: string, name?: string) {
    this.#runId = runId;
    this.#name = name;
  }

  /** The stream of that name; what is drawn from it is not taken from this one. */
  stream(name: string): SeededRandom {
    const known = this.#streams.get(name);
    if (known) return known;
    const stream = new SeededRandom(this.#runId, name);
    this.#streams.set(name, stream);
    return stream;
  }

  next(): number {
    this.#place ??= this.#start();
    const [first, second, third] = this.#place;
    const t = 2_091_639 * first + this.#carry / TWO_32;
    this.#carry = Math.trunc(t);
    const value = t - this.#carry;
    this.#place = [second, third, value];
    return value;
  }

  #start(): Place {
    const seed = seedOf(this.#runId);
    return placeOf(this.#name === undefined ? seed : seedOfStream(seed, this.#name));
  }

  /** An independent generator at the same place: reads of it leave this one where it is. */
  copy(): SeededRandom {
    const copy = new SeededRandom(this.#runId, this.#name);
    for (const [name, stream] of this.#streams) copy.#streams.set(name, stream.copy());
    copy.#carry = this.#carry;
    copy.#place = this.#place;
    return copy;
  }
}

/** A version 4 UUID from four draws. */
export function uuidFrom(random: () => number): string {
  const view = new DataView(new ArrayBuffer(16));
  for (let offset = 0; offset < 16; offset += 4) view.setUint32(offset, random() * TWO_32);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x40);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  let hex = '';
  for (let i = 0; i < 16; i++) hex += view.getUint8(i).toString(16).padStart(2, '0');
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

/** Fills bytes, one draw each. */
export function fillFrom(random: () => number, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 0x100);
}
