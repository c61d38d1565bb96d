/**
 * Builds the Web UI into static files: `node scripts/build-ui.ts [FOLDER]`. Wrangler runs it before it serves or deploys the engine
 * (`[build]` in wrangler.toml). The page asks for its files with a hash of their content behind their names (`app.js?3f…`), so that
 * browsers may keep them for ever; the names stay, because an engine that runs knows those that it began with.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from './lib/root.ts';

const SOURCE = join(projectRoot, 'src/ui');
/** As wrangler.toml names it. */
export const UI_FOLDER = join(projectRoot, '.perdure/web-ui');

/** The application, and the page of the API. */
const PAGES: Record<string, string> = { 'index.html': 'index.html', 'api.html': 'docs/index.html' };

/** @returns the files that a browser loads first, with their content. */
export async function buildUi(folder = UI_FOLDER): Promise<Map<string, Uint8Array>> {
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
    outdir: join(folder, 'ui/assets'),
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  const files = new Map<string, Uint8Array>(
    outputFiles.map(({ path, contents }) => [`assets/${basename(path)}`, contents]),
  );
  files.set('assets/favicon.svg', readFileSync(join(SOURCE, 'favicon.svg')));
  const versioned = (name: string): string => {
    const hash = createHash('sha256').update(files.get(name)!).digest('hex');
    return `/ui/${name}?${hash.slice(0, 12)}`;
  };
  for (const [page, source] of Object.entries(PAGES)) {
    const html = readFileSync(join(SOURCE, source), 'utf8').replace(/\{\{(.+?)\}\}/g, (_, name: string) =>
      versioned(`assets/${name}`),
    );
    files.set(page, new TextEncoder().encode(html));
  }
  await writeFiles(join(folder, 'ui'), files);
  return files;
}

/** What is the same stays untouched: engines that start at the same time build the same files. */
async function writeFiles(folder: string, files: Map<string, Uint8Array>): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  for (const [name, content] of files) {
    const path = join(folder, name);
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(content)) continue;
    await writeFile(`${path}.${process.pid}`, content);
    await rename(`${path}.${process.pid}`, path);
  }
}

if (import.meta.main) await buildUi(process.argv[2] ? resolve(process.argv[2]) : UI_FOLDER);
