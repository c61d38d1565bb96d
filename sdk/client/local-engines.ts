/**
 * Engines in this process that have an address, as test environments do: connections to that address lead to them. Known to all
 * copies of this package that were loaded into the process.
 */

/** A client's way to it. */
export interface LocalEngine {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

const KEY = Symbol.for('perdure.localEngines');
const host = globalThis as { [KEY]?: Map<string, LocalEngine> };

/** By URL. */
export function localEngines(): Map<string, LocalEngine> {
  host[KEY] ??= new Map();
  return host[KEY];
}
