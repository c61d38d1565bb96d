/**
 * A copy of a Temporal project in which `@temporalio/*` are this SDK's packages. The project itself is only read: what it
 * has installed is linked, and what it has not is installed into the copy.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './root.ts';
import { TEMPORAL_PACKAGES, temporalPackages } from './temporal-packages.ts';
import { type Catalogs, catalogsIn, type Dependencies, type Manifest, workspacesIn } from './workspaces.ts';

export interface AdaptedProject {
  /** The copy. */
  folder: string;
  scripts: Record<string, string>;
  /** Temporal's packages that it depends on and that have no counterpart: they are Temporal's own. */
  foreign: string[];
}

/** What is not copied. */
const LEFT_OUT = new Set(['node_modules', '.git', '.perdure']);
/** Not all of Temporal's packages name the others that they import. */
const TEMPORAL_SCOPE = join('node_modules', '@temporalio');
/** Large, and it imports none. */
const NATIVE_CORE = 'core-bridge';
const LOCKFILES = new Set(['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'npm-shrinkwrap.json']);

export interface AdaptOptions {
  /** Where copies are kept. Default: the user's cache. */
  copies?: string;
  say?: (text: string) => void;
}

/** @throws Error, in one line for the user, when there is no project, or npm cannot install what it needs. */
export async function adaptedProject(path: string, options: AdaptOptions = {}): Promise<AdaptedProject> {
  const { copies = cacheFolder(), say = () => undefined } = options;
  const given = resolve(process.env.INIT_CWD ?? '.', path);
  const source = await realpath(given).catch(() => given);
  const manifestPath = join(source, 'package.json');
  if (!existsSync(manifestPath)) throw new Error(`${source} has no package.json: it is not a project`);
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest;
  const packages = join(await temporalPackages(), 'node_modules');
  const name = `${basename(source)}-${createHash('sha256').update(`${projectRoot}\n${source}`).digest('hex').slice(0, 8)}`;
  const folder = join(copies, name);
  await copySources(source, folder);
  const workspaces = await workspacesIn(source, manifest.workspaces);
  const names = workspaces.flatMap(({ manifest: { name } }) => name ?? []);
  const needed = Object.assign({}, ...[...workspaces.map((one) => one.manifest), manifest].map(neededBy));
  const ours = Object.fromEntries(
    TEMPORAL_PACKAGES.map((temporal) => [temporal, `file:${join(packages, temporal)}`]),
  );
  const others = Object.keys(needed).filter(
    (dependency) => !(dependency in ours || names.includes(dependency)),
  );
  const catalogs = await catalogsIn(source);
  await writeManifest(folder, {
    ...adapted(manifest, ours, catalogs),
    ...(names.length > 0 && { workspaces: workspaces.map(({ path }) => path) }),
  });
  for (const one of workspaces)
    await writeManifest(join(folder, one.path), adapted(one.manifest, ours, catalogs));
  const installed = await installedFor(source, others);
  if (installed) await linkModules(installed, { source, folder });
  else if (others.length > 0) await install(folder, say);
  for (const { path, manifest: one } of workspaces) {
    if (one.name) await link(join(folder, path), join(folder, 'node_modules', one.name));
  }
  // npm links packages of a folder as they are; so do we, for all of them, whether the project names them or not.
  for (const temporal of TEMPORAL_PACKAGES) {
    await link(join(packages, temporal), join(folder, 'node_modules', temporal));
  }
  return {
    folder,
    scripts: manifest.scripts ?? {},
    foreign: others.filter((dependency) => dependency.startsWith('@temporalio/')),
  };
}

/** Not below this repository: tools look for configurations (vitest's, a tsconfig) and packages in every folder above. */
export const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'perdure/projects');

const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));

const KINDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

function adapted(manifest: Manifest, ours: Dependencies, catalogs: Catalogs): Manifest {
  const named = (dependencies: Dependencies): Dependencies =>
    Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [
        name,
        ours[name] ?? forNpm(name, range, catalogs),
      ]),
    );
  // It keeps other package managers out than the project's own.
  const { preinstall: _, ...scripts } = manifest.scripts ?? {};
  return {
    ...manifest,
    ...Object.fromEntries(KINDS.flatMap((kind) => (manifest[kind] ? [[kind, named(manifest[kind])]] : []))),
    scripts,
    overrides: { ...manifest.overrides, ...ours },
  };
}

/** npm does not know the words of pnpm and yarn for a package of the workspace, for a version named elsewhere, for a folder and for a patch. */
function forNpm(name: string, range: string, catalogs: Catalogs): string {
  if (range.startsWith('workspace:')) return '*';
  if (range.startsWith('catalog:'))
    return catalogs[range.slice('catalog:'.length) || 'default']?.[name] ?? '*';
  const patched = /^patch:[^#]*@(?:npm(?::|%3A))?([^#]+)/.exec(range)?.[1];
  return patched ? decodeURIComponent(patched) : range.replace(/^(?:link|portal):/, 'file:');
}

/** Brings the copy up to the source; what a run has made in it (an installation, a build) stays. */
async function copySources(source: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [theirs, here] = [await readdir(source), await readdir(folder)];
  for (const name of here.filter((entry) => !LEFT_OUT.has(entry) && !theirs.includes(entry))) {
    if (!LOCKFILES.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const name of theirs.filter((entry) => !LEFT_OUT.has(entry) && !LOCKFILES.has(entry))) {
    await rm(join(folder, name), { recursive: true, force: true });
    // Packages of a workspace may have modules of their own; npm brings those of the copy.
    const filter = (path: string): boolean => basename(path) !== 'node_modules';
    await cp(join(source, name), join(folder, name), { recursive: true, filter });
  }
}

const neededBy = ({ dependencies, devDependencies }: Manifest): Dependencies => ({
  ...dependencies,
  ...devDependencies,
});

/** The nearest `node_modules` that has all of it, as the project itself would find it. */
async function installedFor(source: string, dependencies: string[]): Promise<string | undefined> {
  for (let folder = source; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules) && dependencies.every((name) => existsSync(join(modules, name)))) return modules;
    if (folder === dirname(folder) || folder === projectRoot) return undefined;
  }
}

interface Copy {
  source: string;
  folder: string;
}

async function linkModules(installed: string, copy: Copy): Promise<void> {
  const modules = join(copy.folder, 'node_modules');
  await rm(modules, { recursive: true, force: true });
  if (existsSync(join(installed, '.bin'))) await link(join(installed, '.bin'), join(modules, '.bin'));
  for (const name of await namesIn(installed)) {
    if (TEMPORAL_PACKAGES.includes(name)) continue;
    await linkModule(join(installed, name), join(modules, name), copy);
  }
}

/** The packages in a `node_modules`, if there is one. */
async function namesIn(modules: string): Promise<string[]> {
  const entries = (await readdir(modules).catch(() => [])).filter((entry) => !entry.startsWith('.'));
  const names = entries.map(async (entry) => {
    if (!entry.startsWith('@')) return [entry];
    return (await readdir(join(modules, entry))).map((inner) => join(entry, inner));
  });
  return (await Promise.all(names)).flat();
}

/**
 * Packages resolve what they import from where they really are. One that imports Temporal's is copied, so that it finds ours, and with
 * it what only it finds there. A package of the project itself, of its workspaces, is linked by its place in the copy.
 */
async function linkModule(from: string, to: string, copy: Copy, within: string[] = []): Promise<void> {
  const { source, folder } = copy;
  const real = await realpath(from);
  const below = relative(source, real);
  if (!below.startsWith('..') && !below.includes('node_modules')) return link(join(folder, below), to);
  const temporal = from.includes(TEMPORAL_SCOPE) && basename(from) !== NATIVE_CORE;
  if (!temporal && !(await importsTemporal(real))) return link(from, to);
  await cp(real, to, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
  const around = [...within, real];
  for (const [name, path] of Object.entries(await ownModules(real))) {
    if (TEMPORAL_PACKAGES.includes(name) || around.includes(await realpath(path))) continue;
    await linkModule(path, join(to, 'node_modules', name), copy, around);
  }
}

/** What a package imports and the project does not: below the package, or beside it where each has a folder of its own (pnpm's). */
async function ownModules(real: string): Promise<Record<string, string>> {
  const [beside] = /^.*[\\/]\.(?:pnpm|store)[\\/][^\\/]+[\\/]node_modules(?=[\\/])/.exec(real) ?? [];
  const found: Record<string, string> = {};
  for (const modules of [...(beside ? [beside] : []), join(real, 'node_modules')]) {
    for (const name of await namesIn(modules)) found[name] = join(modules, name);
  }
  return found;
}

async function importsTemporal(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '');
  if (!text.includes('"@temporalio/')) return false;
  const manifest = JSON.parse(text) as Manifest;
  const needed = { ...manifest.dependencies, ...manifest.peerDependencies };
  return Object.keys(needed).some((name) => TEMPORAL_PACKAGES.includes(name));
}

async function link(target: string, path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there) await rm(path, { recursive: true, force: true });
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

/** Again only when the manifest has changed. */
async function install(folder: string, say: (text: string) => void): Promise<void> {
  const wanted = await readFile(join(folder, 'package.json'), 'utf8');
  const done = join(folder, 'node_modules/.perdure-installed');
  if (existsSync(done) && (await readFile(done, 'utf8')) === wanted) return;
  say('Installing what the project needs (npm install), once');
  await rm(join(folder, 'node_modules'), { recursive: true, force: true });
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--legacy-peer-deps'];
  await promisify(execFile)('npm', args, { cwd: folder }).catch((error: { stderr: string }) => {
    throw new Error(`npm install failed for the project:\n${error.stderr}`);
  });
  await writeFile(done, wanted);
}
