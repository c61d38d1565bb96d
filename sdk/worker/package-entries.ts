/** Where this package's public entries are on disk, so that a build has exactly one copy of each. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type TemporalFile,
  type TemporalName,
  temporalEntries,
  temporalFiles,
} from '../common/temporal-files.ts';

const root = join(import.meta.dirname, '../..');
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string>;
};

/** Temporal's packages that the code of a Worker imports. */
const TEMPORAL_PACKAGES: TemporalName[] = ['workflow', 'activity', 'client', 'common'];

/** Files of theirs that programs import although they are not public. */
const TEMPORAL_FILES: Record<string, string> = {
  '@temporalio/interceptors-opentelemetry': 'opentelemetry',
  '@temporalio/interceptors-opentelemetry/lib/index': 'opentelemetry',
  '@temporalio/interceptors-opentelemetry/lib/workflow': 'opentelemetry/workflow',
  '@temporalio/interceptors-opentelemetry/lib/workflow/definitions': 'opentelemetry/workflow',
  '@temporalio/interceptors-opentelemetry/lib/workflow/index': 'opentelemetry/workflow',
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors': 'opentelemetry/workflow-interceptors',
};

const OURS =
  /^(?:perdure|@temporalio\/(?:workflow|activity|client|common|worker|testing|nexus|cloud|core-bridge|nyc-test-coverage|interceptors-opentelemetry))(?:\/|$)/;

/**
 * Whether an import is one of the SDK, under our name or Temporal's. Others of Temporal's packages (`@temporalio/workflow-streams`,
 * `@temporalio/proto`) are packages like any other: they stand on the SDK.
 */
export const isSdkImport = (specifier: string): boolean => OURS.test(specifier);

/** `perdure/workflow` and `@temporalio/workflow` → `workflow`; `undefined` for anything else. */
export function sdkName(specifier: string): string | undefined {
  if (specifier.startsWith('perdure/')) return specifier.slice('perdure/'.length);
  const whole = /^@temporalio\/([a-z]+)$/.exec(specifier)?.[1] as TemporalName | undefined;
  if (whole && TEMPORAL_PACKAGES.includes(whole)) return temporalEntries[whole];
  const file = specifier.replace(/\.js$/, '');
  const [, name] = file.split('/');
  return (
    TEMPORAL_FILES[file] ??
    (TEMPORAL_PACKAGES.includes(name as TemporalName) ? temporalFiles[file as TemporalFile] : undefined)
  );
}

/**
 * By which import a file of the SDK is known, here or in a package with Temporal's name: programs name modules of interceptors by
 * `require.resolve`. `undefined` for other files.
 */
export function sdkImportOf(path: string): string | undefined {
  const [file] = /@temporalio[\\/][^\\/]+[\\/]lib[\\/].+$/.exec(path) ?? [];
  const temporal = file?.replaceAll('\\', '/').replace(/\.js$/, '');
  if (temporal && isSdkImport(temporal)) return temporal;
  const own = Object.keys(entries).find((name) => join(root, entries[name]!) === path);
  return own && `perdure${own.slice(1)}`;
}

/** The file of a public entry, absolute. */
export function perdureEntry(specifier: string): string | undefined {
  const name = sdkName(specifier);
  const entry = name === undefined ? undefined : entries[`./${name}`];
  return entry && join(root, entry);
}
