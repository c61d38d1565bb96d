/** Where this package's public entries are on disk, so that a build has exactly one copy of each. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string>;
};

/** Temporal's package names that stand for ours. */
const TEMPORAL_PACKAGES = ['workflow', 'activity', 'client', 'common'];

/** Files of theirs that programs import although they are not public. */
const TEMPORAL_FILES: Record<string, string> = {
  '@temporalio/common/lib/encoding': 'common/encoding',
  '@temporalio/common/lib/protobufs': 'common/protobufs',
  '@temporalio/interceptors-opentelemetry': 'opentelemetry',
  '@temporalio/interceptors-opentelemetry/lib/workflow': 'opentelemetry/workflow',
  '@temporalio/interceptors-opentelemetry/lib/workflow/index': 'opentelemetry/workflow',
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors': 'opentelemetry/workflow-interceptors',
};

/** `perdure/workflow` and `@temporalio/workflow` → `workflow`; `undefined` for anything else. */
export function sdkName(specifier: string): string | undefined {
  if (specifier.startsWith('perdure/')) return specifier.slice('perdure/'.length);
  const temporal = /^@temporalio\/([a-z]+)$/.exec(specifier)?.[1];
  if (temporal && TEMPORAL_PACKAGES.includes(temporal)) return temporal;
  return TEMPORAL_FILES[specifier.replace(/\.js$/, '')];
}

/** The file of a public entry, absolute. */
export function perdureEntry(specifier: string): string | undefined {
  const name = sdkName(specifier);
  const entry = name === undefined ? undefined : entries[`./${name}`];
  return entry && join(root, entry);
}
