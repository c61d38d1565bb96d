import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { buildUi } from '../../../scripts/build-ui.ts';
import { projectRoot } from '../../../scripts/lib/root.ts';
import { readWranglerConfig } from '../../../scripts/lib/wrangler-config.ts';

const MAX_COMPRESSED_BYTES = 150 * 1024;

it('what a browser loads first is under 150 KB compressed, and comes from the engine alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-ui-build-'));
  try {
    const files = await buildUi(join(folder, 'files.js'));
    const compressed = Object.values(files).reduce((sum, { content }) => sum + gzipSync(content).length, 0);
    expect(compressed).toBeLessThan(MAX_COMPRESSED_BYTES);
    const pages = ['/ui/', '/ui/api'].map((path) => files[path]!.content);
    for (const html of pages) {
      const addresses = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address]) => address!);
      expect(addresses.length).toBeGreaterThan(2);
      for (const address of addresses) {
        expect(address).toMatch(/^\/ui\/assets\/[\w.]+\?[0-9a-f]{12}$/);
        const [path, hash] = address.split('?');
        expect(files[path!]?.hash).toBe(hash);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('the module that the engine imports has them all, is written once, and stands outside of what wrangler watches', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-ui-build-'));
  try {
    const module = join(folder, 'files.js');
    const files = await buildUi(module);
    expect(await import(pathToFileURL(module).href)).toMatchObject({ files });
    const { ino } = statSync(module);
    await buildUi(module);
    expect(statSync(module).ino).toBe(ino);
    const { build } = readWranglerConfig(join(projectRoot, 'wrangler.toml'));
    // As the configuration says, or as wrangler has resolved it.
    const watched = [build.watch_dir ?? []].flat().map((folder) => resolve(projectRoot, folder));
    expect(watched).toContain(join(projectRoot, 'src'));
    const imported = join(projectRoot, 'web-ui/files.js');
    expect(watched.filter((folder) => !relative(folder, imported).startsWith('..'))).toEqual([]);
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
