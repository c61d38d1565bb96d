/** What a package carries beside its code is true. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { softwareBillOfMaterials } from '../scripts/lib/sbom.ts';
import { SDK_VERSION } from '../sdk/common/worker-protocol.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { name, version, dependencies } = JSON.parse(read('package.json')) as {
  name: string;
  version: string;
  dependencies: Record<string, string>;
};

describe('the package', () => {
  it('says its version everywhere, and what is new in it', () => {
    expect(SDK_VERSION).toBe(version);
    expect(read('CHANGELOG.md')).toContain(`\n## ${version}\n`);
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({ name, version });
  });

  it.each(['SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])('%s leads only to what is there', (file) => {
    const links = [...read(file).matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !/^https?:/.test(link) && !existsSync(join(root, link)))).toEqual([]);
  });

  it('llms.txt leads to all that docs/README.md leads to, whose links have a test of their own', () => {
    const index = [...read('docs/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)].map(
      ([, page]) => `docs/${page}`,
    );
    const links = [...read('llms.txt').matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    expect(index.length).toBeGreaterThan(20);
    expect(links).toEqual(['README.md', 'examples/README.md', ...index]);
  });

  it('CONTRIBUTING.md names commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('CONTRIBUTING.md').matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script!);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('has a bill of materials with all that it needs at run time, each with a hash, and nothing else', async () => {
    const { metadata, components } = await softwareBillOfMaterials();
    const names = components.map((component) => component.name);
    expect(metadata.component).toMatchObject({ name, version });
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(names).not.toContain('vitest');
    expect(components.filter(({ hashes }) => !Array.isArray(hashes))).toEqual([]);
  });
});
