/**
 * A copy of a Temporal project in which `@temporalio/*` are this SDK's packages. The project itself is only read: what it
 * has installed is linked, and what it has not is installed into the copy.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './root.ts';
import { TEMPORAL_PACKAGES, temporalPackages } from './temporal-packages.ts';

type Dependencies = Record<string, string>;

interface Manifest {
  scripts?: Record<string, string>;
  dependencies?: Dependencies;
  devDependencies?: Dependencies;
  overrides?: Record<string, unknown>;
}

export interface AdaptedProject {
  /** The copy. */
  folder: string;
  scripts: Record<string, string>;
  /** Temporal's packages that it depends on and that have no counterpart: they are Temporal's own. */
  foreign: string[];
}

/** What is not copied. */
const LEFT_OUT = new Set(['node_modules', '.git', '.perdure']);
const LOCKFILES = new Set(['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'npm-shrinkwrap.json']);

export interface AdaptOptions {
  /** Where copies are kept. Default: `.perdure/projects`. */
  copies?: string;
  say?: (text: string) => void;
}

/** @throws Error, in one line for the user, when there is no project, or npm cannot install what it needs. */
export async function adaptedProject(path: string, options: AdaptOptions = {}): Promise<AdaptedProject> {
  const { copies = join(projectRoot, '.perdure/projects'), say = () => undefined } = options;
  const given = resolve(process.env.INIT_CWD ?? '.', path);
  const source = await realpath(given).catch(() => given);
  const manifestPath = join(source, 'package.json');
  if (!existsSync(manifestPath)) throw new Error(`${source} has no package.json: it is not a project`);
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest;
  const packages = join(await temporalPackages(), 'node_modules');
  const name = `${basename(source)}-${createHash('sha256').update(source).digest('hex').slice(0, 8)}`;
  const folder = join(copies, name);
  await copySources(source, folder);
  const needed = { ...manifest.dependencies, ...manifest.devDependencies };
  const ours = Object.fromEntries(
    TEMPORAL_PACKAGES.map((temporal) => [temporal, `file:${join(packages, temporal)}`]),
  );
  const others = Object.keys(needed).filter((dependency) => !(dependency in ours));
  await writeFile(join(folder, 'package.json'), JSON.stringify(adapted(manifest, ours), null, 2));
  const installed = await installedFor(source, others);
  if (installed) await linkModules(installed, folder);
  else if (others.length > 0) await install(folder, say);
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

function adapted(manifest: Manifest, ours: Dependencies): Manifest {
  const named = (dependencies: Dependencies | undefined): Dependencies | undefined =>
    dependencies &&
    Object.fromEntries(Object.entries(dependencies).map(([name, range]) => [name, ours[name] ?? range]));
  return {
    ...manifest,
    ...(manifest.dependencies && { dependencies: named(manifest.dependencies) }),
    ...(manifest.devDependencies && { devDependencies: named(manifest.devDependencies) }),
    overrides: { ...manifest.overrides, ...ours },
  };
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
    await cp(join(source, name), join(folder, name), { recursive: true });
  }
}

/** The nearest `node_modules` that has all of it, as the project itself would find it. */
async function installedFor(source: string, dependencies: string[]): Promise<string | undefined> {
  for (let folder = source; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules) && dependencies.every((name) => existsSync(join(modules, name)))) return modules;
    if (folder === dirname(folder) || folder === projectRoot) return undefined;
  }
}

async function linkModules(installed: string, folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await rm(modules, { recursive: true, force: true });
  for (const name of await readdir(installed)) {
    if (name === '@temporalio') {
      for (const scoped of await readdir(join(installed, name))) {
        if (!TEMPORAL_PACKAGES.includes(`${name}/${scoped}`)) {
          await link(join(installed, name, scoped), join(modules, name, scoped));
        }
      }
    } else if (!name.startsWith('.') || name === '.bin')
      await link(join(installed, name), join(modules, name));
  }
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
