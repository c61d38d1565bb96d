/**
 * Temporal's package names as aliases of Perdure's, in the form that each tool wants, so that programs written for
 * Temporal's TypeScript SDK keep their imports.
 * @module perdure/temporal
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Temporal's packages that have a counterpart. */
export type TemporalPackage =
  | '@temporalio/workflow'
  | '@temporalio/activity'
  | '@temporalio/client'
  | '@temporalio/common'
  | '@temporalio/worker'
  | '@temporalio/testing';

/** One alias map for each tool; the same packages in all of them. */
export interface TemporalAliases {
  /** `alias` of wrangler and of esbuild for Cloudflare: package → package. `worker` is the Worker on Cloudflare. */
  wrangler: Record<TemporalPackage, string>;
  /** `alias` of esbuild for Node: package → package. `worker` is the Worker on Node. */
  esbuild: Record<TemporalPackage, string>;
  /** `resolve.alias` of vitest and vite: package → absolute path. */
  vitest: Record<TemporalPackage, string>;
  /** `compilerOptions.paths` of TypeScript: package → absolute path. `perdure/temporal/tsconfig.json` has the same. */
  tsconfig: Record<TemporalPackage, [string]>;
  /** For Node's loader: package → file URL. `perdure/temporal/register` uses it. */
  node: Record<TemporalPackage, string>;
}

const onCloudflare: Record<TemporalPackage, string> = {
  '@temporalio/workflow': 'perdure/workflow',
  '@temporalio/activity': 'perdure/activity',
  '@temporalio/client': 'perdure/client',
  '@temporalio/common': 'perdure/common',
  '@temporalio/worker': 'perdure/worker',
  '@temporalio/testing': 'perdure/testing',
};
// The Worker is the one entry that depends on where it runs: the one for Cloudflare does not load on Node.
const onNode = { ...onCloudflare, '@temporalio/worker': 'perdure/worker/node' };

const root = join(import.meta.dirname, '../..');
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string>;
};

/** The file of one of our entries, absolute. */
const fileOf = (entry: string): string => join(root, entries[entry.replace(/^perdure/, '.')]!);

function mapped<T>(target: (entry: string) => T): Record<TemporalPackage, T> {
  const pairs = Object.entries(onNode).map(([name, entry]) => [name, target(entry)]);
  return Object.fromEntries(pairs) as Record<TemporalPackage, T>;
}

/** Ready-made alias maps, for example `resolve: { alias: temporalAliases.vitest }` in vitest.config.ts. */
export const temporalAliases: TemporalAliases = {
  wrangler: onCloudflare,
  esbuild: onNode,
  vitest: mapped(fileOf),
  tsconfig: mapped((entry) => [fileOf(entry)]),
  node: mapped((entry) => pathToFileURL(fileOf(entry)).href),
};
