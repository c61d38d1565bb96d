/**
 * The engine's configuration for development: the deployable `wrangler.toml`, plus Workers of the project bound as services.
 * Written anew at each start, so that the deployable one names no Worker.
 */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { projectRoot } from './root.ts';

const NAME = /^name\s*=\s*"(.*)"/m;
const MAIN = /^main = "(.*)"$/m;
/** With a build command wrangler watches this and nothing else: the files that `main` imports too must be named. */
const WATCHED = /^watch_dir = .*$/m;
/** Where a Worker's build is written, in its build command. */
const BUILT = /--out \S+\.js/;
/** Wrangler does not fire cron triggers locally, and says so at each start; launch.ts does the sweeping. */
const TRIGGERS = /^\[triggers\]\n(?:.+\n?)*/m;

/** Never in the deployable configuration: nobody needs credentials on this machine. */
const VARS = '\n[vars]\nPERDURE_DEV = "1"\n';

/** Examples that can run on Cloudflare, by folder name. */
export async function exampleNames(): Promise<string[]> {
  const folders = await readdir(join(projectRoot, 'examples'));
  return folders.filter((name) => existsSync(workerConfig(exampleFolder(name)))).sort();
}

export function exampleFolder(name: string): string {
  return join('examples', name);
}

export function workerConfig(folder: string): string {
  return resolve(projectRoot, folder, 'wrangler.toml');
}

async function workerName(folder: string): Promise<string> {
  const config = workerConfig(folder);
  if (!existsSync(config)) throw new Error(`There is no ${config}: a Worker's folder has one`);
  const name = NAME.exec(await readFile(config, 'utf8'))?.[1];
  if (!name) throw new Error(`${config} has no line: name = "…"`);
  return name;
}

/**
 * Configuration files for `wrangler dev`: the engine's, bound to the Workers, and theirs. Workers are folders of the
 * project (or elsewhere), each with a `wrangler.toml` that says what the Worker is called.
 * @param entry what to run instead of the engine's own entry, which it exports
 */
export async function writeDevConfig(dir: string, workers: string[], entry?: string): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const engine = (await movedEngineConfig(dir, entry)).replace(TRIGGERS, '');
  const bindings = workerBindings(await Promise.all(workers.map(workerName)));
  const config = join(dir, 'wrangler.toml');
  await writeFile(config, `# Written by scripts/lib/dev-config.ts.\n${engine}${bindings}${VARS}`);
  return [config, ...(await Promise.all(workers.map((folder) => watchedWorkerConfig(dir, folder))))];
}

/**
 * An example's configuration in a folder of its own, anybody else's where it is. Examples watch file by file, as they are built into their own folder;
 * but wrangler forgets a file that git or an editor removes and writes anew. From elsewhere the whole folder can be watched, and is not forgotten.
 */
async function watchedWorkerConfig(dir: string, folder: string): Promise<string> {
  const own = workerConfig(folder);
  const text = await readFile(own, 'utf8');
  const main = MAIN.exec(text)?.[1];
  if (!main || dirname(dirname(own)) !== join(projectRoot, 'examples')) return own;
  const apart = join(dir, basename(folder));
  await mkdir(apart, { recursive: true });
  const config = join(apart, 'wrangler.toml');
  const moved = text
    .replace(WATCHED, `watch_dir = ${JSON.stringify(relative(apart, dirname(own)))}`)
    .replace(BUILT, () => `--out '${join(apart, main)}'`);
  await writeFile(config, `# Written by scripts/lib/dev-config.ts.\n${moved}`);
  return config;
}

/** The engine's configuration with its paths as they are seen from another folder. */
export async function movedEngineConfig(dir: string, entry?: string): Promise<string> {
  const deployable = await readFile(join(projectRoot, 'wrangler.toml'), 'utf8');
  const main = MAIN.exec(deployable)?.[1];
  if (!main) throw new Error('wrangler.toml has no line: main = "…"');
  const watched = [join(projectRoot, 'src'), join(projectRoot, 'sdk'), ...(entry ? [entry] : [])];
  return deployable
    .replace(MAIN, `main = "${relative(dir, entry ?? join(projectRoot, main))}"`)
    .replace(WATCHED, `watch_dir = ${JSON.stringify(watched.map((path) => relative(dir, path)))}`);
}

/** What binds Workers, by their names, to the engine. */
export function workerBindings(names: string[]): string {
  const services = names.map((name) => {
    const binding = `WORKER_${name.toUpperCase().replaceAll('-', '_')}`;
    return `\n[[services]]\nbinding = "${binding}"\nservice = "${name}"\n`;
  });
  return services.join('');
}
