/**
 * The package as it is published: JavaScript and types in the same tree as the sources, so that whatever finds a file beside
 * itself finds it there too (and no source maps: stacks name the files that are there); the engine's wrangler.toml; the Web UI, built; the docs.
 */

import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { buildUi } from '../build-ui.ts';
import { projectRoot } from './root.ts';
import { softwareBillOfMaterials } from './sbom.ts';

const run = promisify(execFile);
const CODE = ['sdk', 'src'];
const TEXTS = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'llms.txt', 'docs'];
/** Needed where the Web UI is built, and nowhere else. */
const BUILD_ONLY = ['preact'];
/** What only some entries need, and applications have anyway: their own version is taken. */
const OPTIONAL_PEERS: Record<string, string> = { typescript: '>=5', vitest: '>=4', wrangler: '>=4.100.0' };

interface Manifest {
  exports: Record<string, string>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  [field: string]: unknown;
}

/** Writes the package into a folder, which is emptied first. Answers with its name and version. */
export async function writePackageFolder(folder: string): Promise<{ name: string; version: string }> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await compile(folder);
  await Promise.all([declarationsByHand(folder), webUi(folder), engineConfig(folder), texts(folder)]);
  await forJavaScript(folder);
  return manifest(folder);
}

/** `.ts` becomes `.js` in the code's own imports; whoever finds files beside itself asks what it is called itself. */
async function compile(folder: string): Promise<void> {
  const config = join(projectRoot, '.perdure', `tsconfig.package.${process.pid}.json`);
  const options = {
    extends: '../tsconfig.json',
    compilerOptions: {
      noEmit: false,
      outDir: folder,
      rootDir: projectRoot,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      typeRoots: ['../node_modules/@types', '../node_modules'],
    },
    include: CODE.map((name) => `../${name}`),
    exclude: ['../src/ui', '../sdk/create/template'],
  };
  await mkdir(dirname(config), { recursive: true });
  await writeFile(config, JSON.stringify(options));
  try {
    await run(process.execPath, [join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', config]);
  } catch (error) {
    throw new Error(`The package does not compile:\n${(error as { stdout: string }).stdout}`);
  } finally {
    await rm(config, { force: true });
  }
}

/** The compiler leaves these where they are. */
async function declarationsByHand(folder: string): Promise<void> {
  for (const name of CODE) {
    for (const file of await readdir(join(projectRoot, name), { recursive: true })) {
      if (file.startsWith('create/') || (!file.endsWith('.d.ts') && !file.endsWith('tsconfig.json')))
        continue;
      const target = join(folder, name, file);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(projectRoot, name, file), target);
    }
  }
}

/** Declarations keep their `.ts`, which is right for a compiler that looks for sources, and there are none here. */
async function forJavaScript(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if (name.endsWith('.d.ts') || name.endsWith('tsconfig.json')) {
      const text = await readFile(path, 'utf8');
      await writeFile(
        path,
        text.replace(/((?:from |import\()?["']\.[^"'\n]*)(?<!\.d)\.ts(["'])/g, '$1.js$2'),
      );
    }
  }
}

/** What the engine imports, and its types. */
async function webUi(folder: string): Promise<void> {
  await buildUi(join(folder, 'web-ui/files.js'));
  await copyFile(join(projectRoot, 'web-ui/files.d.ts'), join(folder, 'web-ui/files.d.ts'));
}

/** For `wrangler deploy -c node_modules/perdure/wrangler.toml`, and to copy: nothing is left to be built. */
async function engineConfig(folder: string): Promise<void> {
  const text = await readFile(join(projectRoot, 'wrangler.toml'), 'utf8');
  const published = text
    .replace('main = "src/index.ts"', 'main = "src/index.js"')
    .replace(/(?:^#.*\n)*^\[build\]\n(?:.+\n)*\n/m, '');
  await writeFile(join(folder, 'wrangler.toml'), published);
}

async function texts(folder: string): Promise<void> {
  const present = await readdir(projectRoot);
  for (const name of TEXTS.filter((text) => present.includes(text))) {
    await cp(join(projectRoot, name), join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, 'sbom.cdx.json'), JSON.stringify(await softwareBillOfMaterials(), null, 2));
}

async function manifest(folder: string): Promise<{ name: string; version: string }> {
  const source = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as Manifest;
  const { name, version, description, license, type, engines } = source as Manifest & {
    name: string;
    version: string;
  };
  const compiled = (paths: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, path.replace(/\.(c?)ts$/, '.$1js')]));
  const bin = compiled(source.bin);
  await Promise.all(Object.values(bin).map((path) => chmod(join(folder, path), 0o755)));
  const dependencies = Object.fromEntries(
    Object.entries(source.dependencies).filter(([dependency]) => !BUILD_ONLY.includes(dependency)),
  );
  const published = {
    ...{ name, version, description, license, type },
    keywords: ['temporal', 'workflow', 'durable-execution', 'cloudflare-workers', 'durable-objects'],
    engines,
    exports: { ...compiled(source.exports), './package.json': './package.json' },
    bin,
    dependencies,
    peerDependencies: OPTIONAL_PEERS,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(OPTIONAL_PEERS).map((peer) => [peer, { optional: true }]),
    ),
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  return { name, version };
}

/**
 * Moves the starter out of the package's folder into one of its own, `create-perdure`.
 * @param perdure the version of the package that applications ask for, or a tarball's URL
 */
export async function writeStarterFolder(
  folder: string,
  packageFolder: string,
  perdure: string,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rename(join(packageFolder, 'sdk/create'), folder);
  await cp(join(projectRoot, 'sdk/create/template'), join(folder, 'template'), { recursive: true });
  await copyFile(join(packageFolder, 'wrangler.toml'), join(folder, 'engine.toml'));
  const { devDependencies, version, license, engines } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  await writeFile(join(folder, 'versions.json'), JSON.stringify({ ...devDependencies, perdure }, null, 2));
  const published = {
    ...{ name: 'create-perdure', version, license, engines },
    description: 'Writes an application of Perdure: durable workflows on Cloudflare Workers.',
    type: 'module',
    bin: { 'create-perdure': './main.js' },
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  await chmod(join(folder, 'main.js'), 0o755);
}

/** Packs a folder with npm. @returns the tarball, absolute. */
export async function packFolder(folder: string, out: string): Promise<string> {
  await mkdir(out, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', out], {
    cwd: folder,
    maxBuffer: 1e8,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  return join(out, relative('.', packed.filename));
}
