/** What all examples have in common. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../examples');
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'README.md')))
  .map((entry) => entry.name);
const index = readFileSync(join(folder, 'README.md'), 'utf8');

/** Files of the example that its Worker is built from. */
function sourcesOf(file: string, root = dirname(file), found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const specifiers = readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g);
  for (const [, specifier] of specifiers) sourcesOf(resolve(dirname(file), specifier!), root, found);
  return found;
}

describe.each(names)('the example %s', (name) => {
  const here = join(folder, name);

  it('has the five files, a README and a line in the index', () => {
    const files = [
      'workflows.ts',
      'activities.ts',
      'worker.ts',
      'client.ts',
      'workflows.test.ts',
      'README.md',
    ];
    expect(files.filter((file) => !existsSync(join(here, file)))).toEqual([]);
    expect(index).toContain(`](${name}/README.md)`);
  });

  it('has a test in which the engine restarts in the middle of a run', () => {
    expect(readFileSync(join(here, 'workflows.test.ts'), 'utf8')).toMatch(/crashEverywhere\(|evictAll\(/);
  });

  it('has a wrangler.toml that builds it and watches all that it is built from', () => {
    const config = readFileSync(join(here, 'wrangler.toml'), 'utf8');
    expect(config).toContain(`\nname = "${name}"\n`);
    expect(config).toContain(
      `sdk/cli/main.ts worker build examples/${name}/worker.ts --out examples/${name}/.perdure/worker.js`,
    );
    const watched: string[] = JSON.parse(/watch_dir = (\[.*\])/.exec(config)![1]!);
    expect(watched.filter((file) => !existsSync(join(here, file)))).toEqual([]);
    const sources = [...sourcesOf(join(here, 'worker.ts'))].map((file) => relative(here, file));
    const forgotten = sources.filter((file) => !watched.some((w) => file === w || file.startsWith(`${w}/`)));
    expect(forgotten).toEqual([]);
  });
});
