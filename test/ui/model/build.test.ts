import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { buildUi } from '../../../scripts/build-ui.ts';
import { projectRoot } from '../../../scripts/lib/root.ts';

const MAX_COMPRESSED_BYTES = 150 * 1024;

it('what a browser loads first is under 150 KB compressed, and comes from the engine alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-ui-build-'));
  try {
    const files = await buildUi(folder);
    const compressed = [...files.values()].reduce((sum, file) => sum + gzipSync(file).length, 0);
    expect(compressed).toBeLessThan(MAX_COMPRESSED_BYTES);
    const html = readFileSync(join(folder, 'ui/index.html'), 'utf8');
    const addresses = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      expect(address).toMatch(/^\/ui\/assets\/[\w.]+\?[0-9a-f]{12}$/);
      const name = address.replace(/^\/ui\//, '').replace(/\?.*/, '');
      expect(files.has(name)).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('nothing is ever read as markup or as code', () => {
  const folder = join(projectRoot, 'src/ui');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  const risky =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|javascript:/;
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter((name) => risky.test(readFileSync(join(folder, name), 'utf8')))).toEqual([]);
});

it('the types are right: it is checked apart, because a browser has other globals than a Worker', () => {
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
  expect(() => execFileSync(process.execPath, [tsc, '-p', join(projectRoot, 'src/ui')])).not.toThrow();
});
