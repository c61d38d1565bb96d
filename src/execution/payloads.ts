/**
 * Payloads by reference. Where the substitution stands:
 *
 *   in    at the turn's door: `outline` takes every request before the core sees it and puts a reference, made of the
 *         text's SHA-256, in the place of each `data` over 128 KiB. The core, its state, log rows and snapshots hold
 *         references; one transaction writes a row and the texts that it is the first of its run to refer to, so that a
 *         reference never stands without its text and a refused request leaves nothing.
 *   out   wherever events or state leave the object: `inline` puts the texts back (API, sessions, activity tasks, calls
 *         to other objects, visibility). Pages of history are cut by what they have *after* that.
 *
 * Texts belong to a run: another run of the same object that refers to one (continue-as-new, retries, updates carried
 * over) gets its own copy, so that a run can be deleted by range. Those of a heartbeat belong to its row and are
 * replaced with it. What is not large costs a look at its length: nothing is hashed, read or written for it.
 *
 * A reference is a field called `$stored`. Fields that come in with that name, or one with more dollars, get one dollar
 * more, which `inline` takes away again: whatever a user sends comes back as it was, and no reference can be forged.
 */

import { createHash } from 'node:crypto';
import type { LogEvent } from '../../sdk/common/history.ts';
import { DEFAULT_MAX_PAYLOAD_BYTES, MAX_INLINE_PAYLOAD_BYTES } from '../../sdk/common/limits.ts';
import { base64Bytes, STORED, type StoredData, storedIn } from '../core/stored-payload.ts';
import { corrupt } from './seal.ts';
import type { ExecutionStore, PayloadRow } from './store.ts';

const ESCAPABLE = /^\$+stored$/;
const ESCAPED = /^\$\$+stored$/;

type Fields = Record<string, unknown>;

export interface PayloadSettings {
  /** The largest payload, in bytes. */
  maxPayloadBytes?: number;
  /** The largest that stands in the log itself. */
  maxInlinePayloadBytes?: number;
}

export class Payloads {
  readonly #store: ExecutionStore;
  readonly #limit: number;
  readonly #longestInline: number;
  /** Texts that requests of the open turn brought, by hash. */
  readonly #brought = new Map<string, string>();
  /** May anything of this object hold a reference, or an escaped name? Not if all of it came since it was empty, and was small. */
  #refers: boolean | undefined;

  constructor(store: ExecutionStore, settings: PayloadSettings = {}) {
    this.#store = store;
    this.#limit = settings.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES;
    this.#longestInline = Math.min(settings.maxInlinePayloadBytes ?? MAX_INLINE_PAYLOAD_BYTES, this.#limit);
  }

  /** The same value with references in it; what is small is not copied. */
  outline<T>(value: T): T {
    const outlined = walk(value, this.#outlineField) as T;
    if (outlined !== value) this.#refers = true;
    return outlined;
  }

  /** @param refers may what is stored hold references? */
  loaded(refers: boolean): void {
    // What was read before the object was emptied may be on its way out.
    this.#refers = refers || this.#refers === true;
  }

  get refers(): boolean {
    return this.#refers ?? true;
  }

  /** The value as it was before `outline`. `runNumber`: the run that it is of. */
  inline<T>(runNumber: number, value: T): T {
    if (!this.refers) return value;
    const read = new Map<string, string>();
    const inlineField: Swap = (name, field) => {
      if (name === 'data') return undefined;
      if (name !== STORED) return [ESCAPED.test(name) ? name.slice(1) : name, walk(field, inlineField)];
      const { sha256 } = field as StoredData;
      const text = read.get(sha256) ?? this.#text(runNumber, sha256);
      read.set(sha256, text);
      return ['data', text];
    };
    return walk(value, inlineField) as T;
  }

  /** Adds to `rows` the texts to commit with `events`: those that the run's log refers to for the first time. */
  toStore(runNumber: number, events: LogEvent[], rows: PayloadRow[]): PayloadRow[] {
    for (const { sha256 } of storedIn(events)) {
      const known = rows.some((row) => row.runNumber === runNumber && row.sha256 === sha256);
      if (known || this.#store.hasPayload(runNumber, sha256)) continue;
      rows.push({ runNumber, sha256, data: this.#text(runNumber, sha256) });
    }
    return rows;
  }

  /** Texts to keep with a heartbeat. */
  ofHeartbeat(runNumber: number, event: LogEvent): Array<Pick<PayloadRow, 'sha256' | 'data'>> {
    const found = new Set(storedIn(event).map(({ sha256 }) => sha256));
    return [...found].map((sha256) => ({ sha256, data: this.#text(runNumber, sha256) }));
  }

  /** The turn is over: its texts are stored, or nobody wants them. */
  forget(): void {
    this.#brought.clear();
  }

  readonly #outlineField: Swap = (name, field) => {
    if (name === 'data') {
      const stored = this.#bring(field as string);
      return stored && [STORED, stored];
    }
    return [ESCAPABLE.test(name) ? `$${name}` : name, walk(field, this.#outlineField)];
  };

  #bring(text: string): StoredData | undefined {
    const longest = this.#longestInline;
    if (text.length * 3 <= longest * 4) return undefined;
    const bytes = base64Bytes(text);
    if (bytes <= longest) return undefined;
    const sha256 = hashOf(text);
    this.#brought.set(sha256, text);
    return { sha256, length: text.length, bytes, ...(bytes > this.#limit && { limit: this.#limit }) };
  }

  /** Of the open turn, of the run, or of one before it that the run goes on from. */
  #text(runNumber: number, sha256: string): string {
    const brought = this.#brought.get(sha256);
    if (brought !== undefined) return brought;
    for (let number = runNumber; number >= 0; number--) {
      const text = this.#store.payload(number, sha256);
      if (text === undefined) continue;
      if (hashOf(text) !== sha256)
        throw corrupt(`payload ${sha256} of run ${number}`, 'its hash is another one');
      return text;
    }
    throw new Error(`payload ${sha256} of run ${runNumber} is not stored`);
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** May a text of JSON hold a reference, or an escaped name? */
export const mayRefer = (json: string): boolean => json.includes(STORED);

/** Asked about texts called `data` and fields whose name begins with a dollar: what to put in their place. */
type Swap = (name: string, field: unknown) => [name: string, field: unknown] | undefined;

const DOLLAR = 36;

/** Copies only what changes; keeps the order of the fields. */
function walk(value: unknown, swap: Swap): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return walkList(value, swap);
  const names = Object.keys(value);
  let changed: Fields | undefined;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const field = (value as Fields)[name];
    let swapped: [string, unknown] | undefined;
    if (name.charCodeAt(0) === DOLLAR || (name === 'data' && typeof field === 'string'))
      swapped = swap(name, field);
    else if (typeof field === 'object' && field !== null) {
      const walked = walk(field, swap);
      if (walked !== field) swapped = [name, walked];
    }
    if (swapped && !changed) {
      changed = {};
      for (const before of names.slice(0, i)) set(changed, before, (value as Fields)[before]);
    }
    if (changed) set(changed, ...(swapped ?? [name, field]));
  }
  return changed ?? value;
}

function walkList(list: unknown[], swap: Swap): unknown[] {
  let changed: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const element = walk(list[i], swap);
    if (element === list[i]) continue;
    changed ??= [...list];
    changed[i] = element;
  }
  return changed ?? list;
}

/** Names are the users': `__proto__` is one like any other. */
function set(fields: Fields, ...[name, field]: [name: string, field: unknown]): void {
  if (name === '__proto__')
    Object.defineProperty(fields, name, {
      value: field,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  else fields[name] = field;
}
