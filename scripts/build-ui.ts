/**
 * Builds the Web UI into a module that the engine imports: `node scripts/build-ui.ts`. Wrangler runs it before it serves or deploys
 * the engine (`[build]` in wrangler.toml), and again when a source changes. The page asks for its files with a hash of their content
 * behind their names (`app.js?3f…`), so that browsers may keep them for ever.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { build } from 'esbuild';
import type { WebUiFile } from '../src/api/web-ui.ts';
import { projectRoot } from './lib/root.ts';

const SOURCE = join(projectRoot, 'src/ui');
/** As `src/index.ts` imports it: outside of what wrangler watches, for what a build writes must not cause the next one. */
const MODULE = join(projectRoot, 'web-ui/files.js');

/** The application, and the page of the API. */
const PAGES: Record<string, string> = { '/ui/': 'index.html', '/ui/api': 'docs/index.html' };

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @returns the files that a browser loads first, by their paths on the engine. */
export async function buildUi(module = MODULE): Promise<Record<string, WebUiFile>> {
  const { outputFiles } = await build({
    entryPoints: {
      app: join(SOURCE, 'main.tsx'),
      docs: join(SOURCE, 'docs/main.tsx'),
      style: join(SOURCE, 'styles/main.css'),
    },
    bundle: true,
    format: 'esm',
    minify: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: SOURCE,
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  const files: Record<string, WebUiFile> = {};
  for (const { path, text } of outputFiles) files[asset(basename(path))] = fileOf(path, text);
  files[asset('favicon.svg')] = fileOf('favicon.svg', readFileSync(join(SOURCE, 'favicon.svg'), 'utf8'));
  for (const [path, source] of Object.entries(PAGES)) {
    const html = readFileSync(join(SOURCE, source), 'utf8').replace(
      /\{\{(.+?)\}\}/g,
      (_, name: string) => `${asset(name)}?${files[asset(name)]!.hash}`,
    );
    files[path] = fileOf(source, html);
  }
  await writeModule(module, `export const files = ${JSON.stringify(files, null, 1)};\n`);
  return files;
}

const asset = (name: string): string => `/ui/assets/${name}`;

function fileOf(name: string, content: string): WebUiFile {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { type: TYPES[extname(name)]!, hash, content };
}

/** What is the same stays untouched: engines that start at the same time build the same module. */
async function writeModule(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}

if (import.meta.main) await buildUi();
