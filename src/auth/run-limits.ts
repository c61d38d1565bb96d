/** What one run of a namespace may have: as the namespace says, or the variable where it says nothing. */

import { type Env, namespaces, type RunLimits, runLimits } from '../env.ts';
import { NamespaceCache } from './namespace-cache.ts';

/** One for all objects of an isolate: they ask for every signal. */
const known = new NamespaceCache();

/** Namespaces of the variable have no limits but the variable's; what cannot be asked for now sets none. */
export function runLimitsOf(env: Env, namespace: string): RunLimits | Promise<RunLimits> {
  const byVariable = runLimits(env, namespace);
  if (namespaces(env).includes(namespace)) return byVariable;
  return known.find(env, namespace).then(
    (record) => ({ ...byVariable, ...record?.limits }),
    () => byVariable,
  );
}
