/**
 * Temporal's package names as aliases of Perdure's, in the form that each tool wants, so that programs written for
 * Temporal's TypeScript SDK keep their imports.
 * @module perdure/temporal
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type TemporalFile, temporalFiles } from '../common/temporal-files.ts';
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

/** What code is loaded by: a package, a file inside of one, or a package that is not there. */
type Loaded = TemporalPackage | TemporalFile | AbsentPackage;

/**
 * One alias map for each tool; the same packages in all of them. Packages that are not there have aliases, too, where code is
 * loaded: a program that imports one ends with an error that says what to do.
 */
export interface TemporalAliases {
  /** `alias` of wrangler and of esbuild for Cloudflare: package → package. `worker` is the Worker on Cloudflare. */
  wrangler: Record<Loaded, string>;
  /** `alias` of esbuild for Node: package → package. `worker` is the Worker on Node. */
  esbuild: Record<Loaded, string>;
  /** `resolve.alias` of vitest and vite: package → absolute path. */
  vitest: Record<Loaded, string>;
  /** `compilerOptions.paths` of TypeScript: package → absolute path. `perdure/temporal/tsconfig.json` has the same. */
  tsconfig: Record<TemporalPackage | TemporalFile, [string]>;
  /** For Node's loader: package → file URL. `perdure/temporal/register` uses it. */
  node: Record<TemporalPackage | TemporalFile, string>;
}

// A file before the package that it is in: some tools take the first that fits the beginning of an import.
const onCloudflare: Record<TemporalPackage, string> = {
  '@temporalio/common/lib/encoding': 'perdure/common/encoding',
  '@temporalio/common/lib/protobufs': 'perdure/common/protobufs',
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors':
    'perdure/opentelemetry/workflow-interceptors',
  '@temporalio/interceptors-opentelemetry': 'perdure/opentelemetry',
  '@temporalio/workflow': 'perdure/workflow',
  '@temporalio/activity': 'perdure/temporal/activity',
  '@temporalio/client': 'perdure/temporal/client',
  '@temporalio/common': 'perdure/common',
  '@temporalio/worker': 'perdure/worker',
  '@temporalio/testing': 'perdure/temporal/testing',
};
// The Worker is the one entry that depends on where it runs: the one for Cloudflare does not load on Node.
const onNode = { ...onCloudflare, '@temporalio/worker': 'perdure/temporal/worker' };

const root = join(import.meta.dirname, '../..');
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string>;
};

/** The file of one of our entries, absolute. */
const fileOf = (entry: string): string => join(root, entries[entry.replace(/^perdure/, '.')]!);

const urlOf = (entry: string): string => pathToFileURL(fileOf(entry)).href;

function mapped<T>(target: (entry: string) => T): Record<TemporalPackage, T> {
  const pairs = Object.entries(onNode).map(([name, entry]) => [name, target(entry)]);
  return Object.fromEntries(pairs) as Record<TemporalPackage, T>;
}

const absentFiles = Object.fromEntries(
  (Object.keys(absentPackages) as AbsentPackage[]).map((name) => [name, absentFile(name)]),
) as Record<AbsentPackage, string>;

/** Files inside of packages, each by its two names → our entries. */
function filesFor(worker: 'perdure/worker' | 'perdure/temporal/worker'): Record<TemporalFile, string> {
  const pairs = Object.entries(temporalFiles).map(([file, entry]): [string, string] => [
    file,
    entry === 'worker' ? worker : `perdure/${entry}`,
  ]);
  return Object.fromEntries(
    pairs.flatMap(([file, entry]) => [
      [file, entry],
      [`${file}.js`, entry],
    ]),
  );
}

const filesOnNode = filesFor('perdure/temporal/worker');
const filesMapped = <T>(target: (entry: string) => T): Record<TemporalFile, T> =>
  Object.fromEntries(Object.entries(filesOnNode).map(([file, entry]) => [file, target(entry)]));

/** TypeScript takes a pattern for the files of a package: a name that is not there is an error all the same. */
const patterns = Object.fromEntries(
  Object.entries(filesMapped((entry) => [fileOf(entry)] as [string])).flatMap(([file, target]) => {
    const [, name] = file.split('/');
    const whole = onNode[`@temporalio/${name}` as TemporalPackage];
    return target[0] === fileOf(whole) ? [[`@temporalio/${name}/lib/*`, target]] : [[file, target]];
  }),
) as Record<TemporalFile, [string]>;

/** Ready-made alias maps, for example `resolve: { alias: temporalAliases.vitest }` in vitest.config.ts. */
export const temporalAliases: TemporalAliases = {
  wrangler: { ...filesFor('perdure/worker'), ...onCloudflare, ...absentPackages },
  esbuild: { ...filesOnNode, ...onNode, ...absentPackages },
  vitest: { ...filesMapped(fileOf), ...mapped(fileOf), ...absentFiles },
  tsconfig: { ...patterns, ...mapped((entry) => [fileOf(entry)] as [string]) },
  node: { ...filesMapped(urlOf), ...mapped(urlOf) },
};
