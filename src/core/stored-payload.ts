/**
 * Large payloads as the core sees them: where `data` was stands a reference, and the text itself is kept beside the log
 * (src/execution/payloads.ts says how). State, log rows and snapshots hold references only.
 */

import type { PayloadJson } from '../../sdk/common/payload.ts';

/** The name under which a reference stands. Nobody outside can send it: names like it are escaped at the door. */
export const STORED = '$stored';

/** Takes the place of `data`. */
export interface StoredData {
  /** Of the base64 text, in hexadecimal. */
  sha256: string;
  /** Characters of the base64 text. */
  length: number;
  /** Of the payload itself. */
  bytes: number;
  /** Present when the payload is larger than the setting allows, which this is: whoever checks it refuses. */
  limit?: number;
}

export function storedData(payload: PayloadJson | null | undefined): StoredData | undefined {
  return (payload as { [STORED]?: StoredData } | null | undefined)?.[STORED];
}

/** Bytes that a base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor((text.length * 3) / 4) - padding;
}

/** Every reference in a value, however deep, as often as it occurs. */
export function storedIn(value: unknown): StoredData[] {
  const found: StoredData[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    // By their names, not as entries: each event of each turn is looked at, and has few references or none.
    for (const name of Object.keys(next)) {
      const field = (next as Record<string, unknown>)[name];
      if (name === STORED) found.push(field as StoredData);
      else if (typeof field === 'object') open.push(field);
    }
  }
  return found;
}

/** Characters that the references of a value stand for. */
export const storedLength = (value: unknown): number =>
  storedIn(value).reduce((sum, { length }) => sum + length, 0);
