/** What one run of a namespace may have: as the namespace says, or the variable where it says nothing. */

import type { NamespaceRecord } from '../../sdk/common/namespaces.ts';
import { type Env, namespaces, type RunLimits, runLimits } from '../env.ts';
import { NamespaceCache, TTL_MS } from './namespace-cache.ts';

/** As long as this the last answer will do while the next one is on its way: no signal waits for the engine's own object. */
const STALE_MS = 60_000;

/** One for all objects of an isolate: they ask for every signal. */
const shared = new NamespaceCache();

/**
 * For one object. Namespaces of the variable have no limits but the variable's; what cannot be asked for now sets none.
 */
export function runLimitsOf(
  env: Env,
  namespace: string,
  known: NamespaceCache = shared,
): () => RunLimits | Promise<RunLimits> {
  // Joined within the object only: an answer that another object waits for is lost with that object.
  let asked: Promise<RunLimits> | undefined;
  return () => {
    const byVariable = runLimits(env, namespace);
    if (namespaces(env).includes(namespace)) return byVariable;
    const within = (record: NamespaceRecord | undefined): RunLimits => ({ ...byVariable, ...record?.limits });
    const last = known.heard(namespace);
    if (last && last.age < TTL_MS) return within(last.record);
    asked ??= known
      .find(env, namespace)
      .then(within, () => byVariable)
      .finally(() => {
        asked = undefined;
      });
    return last && last.age < STALE_MS ? within(last.record) : asked;
  };
}
