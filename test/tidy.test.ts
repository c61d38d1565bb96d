/** The house rules, executed. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const sources = tracked.filter((file) => /^(src|sdk|examples|scripts)\/.*\.tsx?$/.test(file));
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Code without comments: rules about code must not trip over prose. */
const code = (file: string): string =>
  text(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '');

/** Folder → folders (or files) it may import from, beside itself. */
const allowed: Record<string, string[]> = {
  'sdk/common': [],
  'sdk/workflow': ['sdk/common'],
  // An activity has a client.
  'sdk/activity': ['sdk/common', 'sdk/client'],
  'sdk/client': ['sdk/common'],
  // Replaying histories is what a Worker does.
  'sdk/cli': [
    'sdk/common',
    'sdk/client',
    'sdk/worker',
    'sdk/lint',
    // An engine on this machine, as `npm start` runs it.
    'scripts/lib/launch.ts',
    'scripts/lib/process-group.ts',
    'scripts/lib/npm-shell.ts',
    'scripts/lib/wrangler-output.ts',
  ],
  // What workflow code cannot do is said once: by what refuses it at run time and in the build.
  'sdk/lint': [
    'sdk/common',
    'sdk/workflow/runtime/globals.ts',
    'sdk/worker/workflow-imports.ts',
    'sdk/worker/package-entries.ts',
  ],
  // Beside the maps, what programs for Temporal see in a form of their own.
  'sdk/temporal': ['sdk/common', 'sdk/client', 'sdk/activity', 'sdk/testing', 'sdk/worker'],
  'sdk/opentelemetry': ['sdk/common', 'sdk/workflow', 'sdk/activity', 'sdk/client', 'sdk/worker'],
  'sdk/worker': ['sdk/common', 'sdk/workflow', 'sdk/activity', 'sdk/client', 'sdk/opentelemetry'],
  // Tests run the real engine over memory: its core, its object and its HTTP door.
  'sdk/testing': [
    'sdk',
    'src/core',
    'src/execution',
    'src/api',
    'src/batch',
    'src/visibility',
    'src/schedule',
    'src/matching/routing.ts',
    'src/task-queue',
    'src/namespace',
    'src/auth',
    'src/webhooks',
    'src/observability',
    'src/env.ts',
    'src/lazy-schema.ts',
    'src/backup',
    'src/table-dump.ts',
  ],
  'src/core': ['sdk/common'],
  'src/execution': [
    'src/core',
    'src/observability/measures.ts',
    'src/observability/log.ts',
    'sdk/common',
    'src/alarm.ts',
    'src/text-pieces.ts',
  ],
  'src/observability': ['sdk/common', 'src/env.ts', 'src/lazy-schema.ts'],
  'src/effects': [
    'src/core',
    'src/execution/outside.ts',
    'src/execution/operation-counter.ts',
    'src/matching',
    'src/visibility/shard.ts',
    'src/visibility/attributes.ts',
    'src/auth',
    'src/visibility/schedules.ts',
    'src/namespace/retention.ts',
    'src/archive',
    'src/visibility/metrics.ts',
    'src/observability',
    'src/schedule/outside.ts',
    'sdk/common',
    'src/env.ts',
  ],
  'src/matching': ['sdk/common', 'src/env.ts', 'src/worker-description.ts'],
  'src/visibility': [
    'sdk/common',
    'src/alarm.ts',
    'src/env.ts',
    'src/lazy-schema.ts',
    'src/namespace/retention.ts',
    'src/observability',
  ],
  'src/schedule': [
    'src/alarm.ts',
    'src/table-dump.ts',
    'src/text-pieces.ts',
    'sdk/common',
    'src/lazy-schema.ts',
    'src/observability/log.ts',
  ],
  'src/namespace': [
    'src/table-dump.ts',
    'sdk/common',
    'src/env.ts',
    'src/auth',
    'src/webhooks',
    'src/lazy-schema.ts',
    'src/visibility',
    'src/observability/log.ts',
    'src/worker-description.ts',
  ],
  // Runs in the browser: it knows the engine by its HTTP API alone.
  // A schedule's next times are reckoned by the engine's own code, before it is saved.
  'src/ui': ['sdk/common', 'src/schedule/spec.ts'],
  'src/backup': ['sdk/common', 'src/env.ts', 'src/auth', 'src/visibility/shard.ts'],
  'src/batch': [
    'src/table-dump.ts',
    'sdk/common',
    'src/env.ts',
    'src/lazy-schema.ts',
    'src/visibility',
    'src/observability/log.ts',
  ],
  'src/api': [
    'src/backup',
    'sdk/common',
    'src/env.ts',
    'src/auth',
    'src/batch',
    'src/visibility',
    'src/namespace',
    'src/webhooks',
    'src/archive',
    'src/observability',
  ],
  'src/webhooks': ['sdk/common', 'src/auth/digest.ts', 'src/lazy-schema.ts'],
  'src/archive': ['sdk/common', 'src/env.ts'],
  'src/task-queue': [
    'src/alarm.ts',
    'sdk/common',
    'src/env.ts',
    'src/lazy-schema.ts',
    'src/observability/log.ts',
  ],
  'src/auth': ['sdk/common', 'src/env.ts', 'src/lazy-schema.ts'],
};

const folderOf = (file: string): string | undefined =>
  Object.keys(allowed).find((folder) => file.startsWith(`${folder}/`));
const imports = (file: string): string[] =>
  [...code(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    normalize(join(dirname(file), match[1]!)),
  );

const longestFunction = (file: string): number => {
  const source = ts.createSourceFile(file, text(file), ts.ScriptTarget.Latest, true);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  let longest = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) longest = Math.max(longest, lineOf(node.end) - lineOf(node.getStart()) + 1);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return longest;
};

describe('the house rules', () => {
  it('every folder imports only from where it may', () => {
    const wrong = sources.flatMap((file) => {
      const folder = folderOf(file);
      if (!folder) return [];
      const targets = [folder, ...allowed[folder]!];
      return imports(file)
        .filter((target) => !targets.some((t) => target === t || target.startsWith(`${t}/`)))
        .map((target) => `${file} → ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('docs/README.md leads to every page of docs/', () => {
    const index = text('docs/README.md');
    const pages = tracked.flatMap((file) => /^docs\/([^/]+\.md)$/.exec(file)?.[1] ?? []);
    expect(pages.filter((page) => page !== 'README.md' && !index.includes(`](${page})`))).toEqual([]);
  });

  it('the core has no clock, no randomness, no platform and no async', () => {
    const banned = /cloudflare:|Date\.now|new Date\(|Math\.random|randomUUID|\basync\b|\bawait\b|setTimeout/;
    const wrong = sources.filter((file) => file.startsWith('src/core/') && banned.test(code(file)));
    expect(wrong).toEqual([]);
  });

  it('cloudflare:workers is imported only by objects, entries and the Worker entry', () => {
    const may = [
      'src/index.ts',
      'src/execution/workflow-execution.ts',
      'src/schedule/schedule.ts',
      'src/visibility/visibility.ts',
      'src/batch/batch.ts',
      'src/task-queue/task-queue.ts',
      'src/namespace/namespace.ts',
      'sdk/testing/workerd.ts',
      'sdk/worker/cloudflare.ts',
      'sdk/worker/activity-host.ts',
      'examples/money-transfer/bank-durable-object.ts',
    ];
    const wrong = sources.filter(
      (file) => /from 'cloudflare:workers'/.test(code(file)) && !may.includes(file),
    );
    expect(wrong).toEqual([]);
  });

  it('files stay under 400 lines and functions under 70', () => {
    const long = sources.filter((file) => text(file).split('\n').length > 400);
    const deep = sources
      .filter((file) => longestFunction(file) > 70)
      .map((file) => `${file}: ${longestFunction(file)}`);
    expect([...long, ...deep]).toEqual([]);
  });

  it('every source file begins by saying what it is for', () => {
    const silent = sources
      .filter((file) => !file.endsWith('.test.ts'))
      .filter((file) => !/^(#!.*\n)?\/\*\*|^(#!.*\n)?\/\//.test(text(file)));
    expect(silent).toEqual([]);
  });

  it('nothing is left open, skipped or focused', () => {
    const open = /\b(TODO|FIXME|XXX|HACK)\b|\b(it|test|describe)\.(skip|only|todo)\b/;
    const self = 'test/tidy.test.ts';
    const wrong = tracked.filter(
      (file) => /\.(tsx?|sh)$/.test(file) && file !== self && open.test(text(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('every folder with tests is one that a command runs', () => {
    const configs = tracked.filter((file) => /^vitest\..*config\.ts$|^scripts\/run\.sh$/.test(file));
    const named = configs.map(text).join('\n');
    const folders = tracked.flatMap((file) => /^test\/([^/]+)\/.*\.test\.ts$/.exec(file)?.[1] ?? []);
    const forgotten = [...new Set(folders)].filter((folder) => !new RegExp(`\\b${folder}\\b`).test(named));
    expect(forgotten).toEqual([]);
  });

  it('the lockfiles carry no download addresses', () => {
    const wrong = tracked.filter(
      (file) => /package-lock\.json$/.test(file) && /"resolved"|registry\./.test(text(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('no path of a machine is committed', () => {
    const here = `${dirname(root)}/`;
    const wrong = tracked.filter((file) => !/\.(png|ico|lock)$/.test(file) && text(file).includes(here));
    expect(wrong).toEqual([]);
  });
});
