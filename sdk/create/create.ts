/** Writes an application: engine, one Worker with a workflow and an activity, a test. */

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** What the template is filled with: versions that were tested together. Written beside this file when it is packed. */
export interface Versions {
  [dependency: string]: string;
}

const TEMPLATE = join(import.meta.dirname, 'template');
const NAME = /^[a-z][a-z0-9-]{0,53}$/;
/** npm leaves files with these names out of packages, and a package.json would make the template a package of its own. */
const RENAMED: Record<string, string> = {
  '_package.json': 'package.json',
  _gitignore: '.gitignore',
  'engine/_env': 'engine/.env',
};

/**
 * @param engine wrangler.toml of the package
 * @returns the folder, absolute. @throws Error that says what is wrong with the name or the folder.
 */
export async function createApplication(folder: string, versions: Versions, engine: string): Promise<string> {
  const target = resolve(folder);
  const name = basename(target);
  if (!NAME.test(name))
    throw new Error(
      `'${name}' cannot be the name of a Worker: lower-case letters, digits and dashes, a letter first`,
    );
  if (existsSync(target) && (await readdir(target)).some((file) => file !== '.git'))
    throw new Error(`${target} is not empty; name a new folder`);
  await mkdir(target, { recursive: true });
  await cp(TEMPLATE, target, { recursive: true });
  for (const [from, to] of Object.entries(RENAMED)) await rename(join(target, from), join(target, to));
  const binding = name.toUpperCase().replaceAll('-', '_');
  const values: Versions = { ...versions, name, binding };
  for (const file of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      text.replace(/\{\{([^{}]+)\}\}/g, (all, key: string) => values[key] ?? all),
    );
  }
  await writeFile(join(target, 'engine/wrangler.toml'), engineConfig(engine, name, binding));
  return target;
}

/** Without a port of its own wrangler takes the next one that is free, over the same data. */
const DEV = `# A second \`npm run dev\` is refused: two engines must not write to the same data.\n[dev]\nport = 8787\n`;

/** The engine's own configuration, run from the package, with this Worker bound to it. */
function engineConfig(published: string, name: string, binding: string): string {
  const moved = published
    .replace('main = "src/index.js"', 'main = "../node_modules/perdure/src/index.js"')
    .replace(
      /^#.*\n(?:#.*\n)*/,
      '# The engine. It finds its Workers by the names of these bindings: WORKER_…\n',
    );
  const services = `[[services]]\nbinding = "WORKER_${binding}"\nservice = "${name}"\n`;
  return `${moved}\n${services}\n${DEV}`;
}
