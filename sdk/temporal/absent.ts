/** What a program is told that imports a package of Temporal's that Perdure has no counterpart for. */

import { createRequire } from 'node:module';
import { extname, join } from 'node:path';

/** Package → our entry: a module that throws, whatever is imported from it. */
export const absentPackages = {
  '@temporalio/nexus': 'perdure/temporal/nexus',
  '@temporalio/cloud': 'perdure/temporal/cloud',
  '@temporalio/core-bridge': 'perdure/temporal/core-bridge',
  '@temporalio/nyc-test-coverage': 'perdure/temporal/nyc-test-coverage',
} as const;
export type AbsentPackage = keyof typeof absentPackages;

const places = Object.fromEntries(
  Object.entries(absentPackages).map(([name, entry]) => {
    const file = `${entry.slice('perdure/temporal/'.length)}.c${extname(import.meta.filename).slice(1)}`;
    return [name, join(import.meta.dirname, 'absent', file)];
  }),
) as Record<AbsentPackage, string>;

/** The file of the module that throws. */
export const absentFile = (name: AbsentPackage): string => places[name];

/** Why an import cannot be had; `undefined` for what is nothing of an absent package. */
export function refusalOf(specifier: string): Error | undefined {
  const [scope, name] = specifier.split('/');
  const file = places[`${scope}/${name}` as AbsentPackage];
  if (!file) return undefined;
  try {
    createRequire(import.meta.url)(file);
  } catch (error) {
    return error as Error;
  }
  return undefined;
}
