/**
 * Temporal's package names as aliases of Perdure's, in the form that each tool wants, so that programs written for
 * Temporal's TypeScript SDK keep their imports.
 * @module perdure/temporal
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AbsentPackage, absentFile, absentPackages } from './absent.ts';

/** Temporal's packages, and files inside of them that programs import, that have a counterpart. */
export type TemporalPackage =
  | '@temporalio/common/lib/encoding'
  | '@temporalio/common/lib/protobufs'
  | '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'
  | '@temporalio/interceptors-opentelemetry'
  | '@temporalio/workflow'
  | '@temporalio/activity'
  | '@temporalio/client'
  | '@temporalio/common'
  | '@temporalio/worker'
  | '@temporalio/testing';

/**
 * One alias map for each tool; the same packages in all of them. Packages that are not there have aliases, too, where code is
 * loaded: a program that imports one ends with an error that says what to do.
 */
export interface TemporalAliases {
  /** `alias` of wrangler and of esbuild for Cloudflare: package → package. `worker` is the Worker on Cloudflare. */
  wrangler: Record<TemporalPackage | AbsentPackage, string>;
  /** `alias` of esbuild for Node: package → package. `worker` is the Worker on Node. */
  esbuild: Record<TemporalPackage | AbsentPackage, string>;
  /** `resolve.alias` of vitest and vite: package → absolute path. */
  vitest: Record<TemporalPackage | AbsentPackage, string>;
  /** `compilerOptions.paths` of TypeScript: package → absolute path. `perdure/temporal/tsconfig.json` has the same. */
  tsconfig: Record<TemporalPackage, [string]>;
  /** For Node's loader: package → file URL. `perdure/temporal/register` uses it. */
  node: Record<TemporalPackage, string>;
}

// A file before the package that it is in: some tools take the first that fits the beginning of an import.
const onCloudflare: Record<TemporalPackage, string> = {
  '@temporalio/common/lib/encoding': 'perdure/common/encoding',
  '@temporalio/common/lib/protobufs': 'perdure/common/protobufs',
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors':
    'perdure/opentelemetry/workflow-interceptors',
  '@temporalio/interceptors-opentelemetry': 'perdure/opentelemetry',
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

const absentFiles = Object.fromEntries(
  (Object.keys(absentPackages) as AbsentPackage[]).map((name) => [name, absentFile(name)]),
) as Record<AbsentPackage, string>;

/** Ready-made alias maps, for example `resolve: { alias: temporalAliases.vitest }` in vitest.config.ts. */
export const temporalAliases: TemporalAliases = {
  wrangler: { ...onCloudflare, ...absentPackages },
  esbuild: { ...onNode, ...absentPackages },
  vitest: { ...mapped(fileOf), ...absentFiles },
  tsconfig: mapped((entry) => [fileOf(entry)]),
  node: mapped((entry) => pathToFileURL(fileOf(entry)).href),
};
