/**
 * Registered namespaces as an isolate remembers them: for ten seconds, so that a change counts everywhere soon. Names that
 * do not exist are remembered too. Those of the variable NAMESPACES are known without asking anybody.
 */

import type { EpochMs } from '../../sdk/common/duration.ts';
import type { NamespaceRecord } from '../../sdk/common/namespaces.ts';
import { type Env, namespaces } from '../env.ts';
import { configuredNamespace } from './namespaces.ts';
import { systemObject } from './system-object.ts';

export const TTL_MS = 10_000;
const MAX_KNOWN = 2_000;

export class NamespaceCache {
  readonly #known = new Map<string, { record: NamespaceRecord | undefined; time: EpochMs }>();
  readonly #clock: () => EpochMs;

  constructor(clock: () => EpochMs = () => Date.now()) {
    this.#clock = clock;
  }

  /** `undefined`: there is none of that name. */
  async find(env: Env, name: string): Promise<NamespaceRecord | undefined> {
    const last = this.heard(name);
    if (last && last.age < TTL_MS) return last.record;
    const time = this.#clock();
    const record = await systemObject(env).findNamespace(name);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(name, { record, time });
    return record;
  }

  /** The last answer and its age, without asking anybody. None from a time that is still to come: the clock was set back. */
  heard(name: string): { record: NamespaceRecord | undefined; age: number } | undefined {
    const known = this.#known.get(name);
    const age = known ? this.#clock() - known.time : -1;
    return known && age >= 0 ? { record: known.record, age } : undefined;
  }

  /** In this isolate a change counts at once. */
  forget(name: string): void {
    this.#known.delete(name);
  }
}

/** All that there are: those of the variable, and those that were registered. By name. */
export async function allNamespaces(env: Env): Promise<NamespaceRecord[]> {
  const registered = await systemObject(env).listNamespaces();
  const known = new Set(registered.map(({ name }) => name));
  const configured = namespaces(env).filter((name) => !known.has(name));
  const all = [...registered, ...configured.map(configuredNamespace)];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a namespace was given, asked for anew: for those who act once in a while, as retention does. */
export async function namespaceSettings(env: Env, name: string): Promise<NamespaceRecord> {
  return (await systemObject(env).findNamespace(name)) ?? configuredNamespace(name);
}
