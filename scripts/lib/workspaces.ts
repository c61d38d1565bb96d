/** The packages of a project that is a monorepo: npm's `workspaces`, yarn's, and pnpm's own file. */

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Dependencies = Record<string, string>;

/** What of a package.json matters here. */
export interface Manifest {
  name?: string;
  scripts?: Record<string, string>;
  dependencies?: Dependencies;
  devDependencies?: Dependencies;
  peerDependencies?: Dependencies;
  optionalDependencies?: Dependencies;
  overrides?: Record<string, unknown>;
  workspaces?: unknown;
}

export interface Workspace {
  /** Relative to the project. */
  path: string;
  manifest: Manifest;
}

/** @param declared the field `workspaces` of the project's package.json */
export async function workspacesIn(project: string, declared: unknown): Promise<Workspace[]> {
  const patterns = [...patternsOf(declared), ...(await pnpmPatterns(project))];
  const paths = await Promise.all(patterns.map((pattern) => expanded(project, pattern)));
  return Promise.all(
    [...new Set(paths.flat())].map(async (path) => ({
      path,
      manifest: JSON.parse(await readFile(join(project, path, 'package.json'), 'utf8')),
    })),
  );
}

function patternsOf(declared: unknown): string[] {
  const list = Array.isArray(declared)
    ? declared
    : (declared as { packages?: unknown } | undefined)?.packages;
  return Array.isArray(list) ? list.filter((pattern) => typeof pattern === 'string') : [];
}

async function pnpmPatterns(project: string): Promise<string[]> {
  const text = await readFile(join(project, 'pnpm-workspace.yaml'), 'utf8').catch(() => '');
  const [, list = ''] = /^packages:\s*\n((?:[ \t]*-.*\n?)+)/m.exec(text) ?? [];
  return [...list.matchAll(/-\s*['"]?([^'"\n]+?)['"]?\s*$/gm)].map(([, pattern]) => pattern!);
}

/** `a/b`, `a/*` and `a/**`; what is excluded (`!a`) has no package that is imported. */
async function expanded(project: string, pattern: string): Promise<string[]> {
  const clean = pattern.replace(/^\.\//, '').replace(/\/$/, '');
  const [, parent, stars] = /^(.*?)\/?(\*{1,2})$/.exec(clean) ?? [];
  const found = parent === undefined ? [clean] : await foldersIn(project, parent, stars === '**');
  return found.filter((path) => existsSync(join(project, path, 'package.json')));
}

async function foldersIn(project: string, parent: string, deep: boolean): Promise<string[]> {
  const entries = await readdir(join(project, parent), { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules');
  const paths = folders.map((entry) => join(parent, entry.name));
  if (!deep) return paths;
  const below = await Promise.all(paths.map((path) => foldersIn(project, path, true)));
  return [...paths, ...below.flat()];
}

/** Catalog → the versions that packages name by `catalog:` and its name. */
export type Catalogs = Record<string, Dependencies>;

/** Those of pnpm's and of yarn's own file. */
export async function catalogsIn(project: string): Promise<Catalogs> {
  const texts = await Promise.all(
    ['pnpm-workspace.yaml', '.yarnrc.yml'].map((name) =>
      readFile(join(project, name), 'utf8').catch(() => ''),
    ),
  );
  return Object.assign({}, ...texts.map(catalogsOf));
}

/** Of YAML the part that is written there: names with texts, and in `catalogs` one level more. */
function catalogsOf(text: string): Catalogs {
  const catalogs: Catalogs = {};
  let section: string | undefined;
  let name = 'default';
  for (const line of text.split('\n')) {
    const [, indent, , key, , value = ''] =
      /^( *)(['"]?)([^\s'"#][^'"]*?)\2:(?: +(['"]?)([^'"#]*?)\4)?\s*(?:#.*)?$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (indent === '') {
      section = key;
      name = 'default';
    } else if (section === 'catalogs' && value === '') name = key;
    else if (section === 'catalog' || section === 'catalogs') {
      catalogs[name] = { ...catalogs[name], [key]: value };
    }
  }
  return catalogs;
}
