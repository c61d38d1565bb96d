/**
 * Makes installable packages with Temporal's names out of this SDK: CommonJS, as Temporal's own are, so that every tool
 * (ts-node, tsx, swc, tsc, mocha, jest, vitest) finds them by its ordinary rules and all share one copy. ES modules
 * import them like any CommonJS package. They are made once, in `.perdure/temporal`, and again when the SDK has changed.
 */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { temporalFiles } from '../../sdk/common/temporal-files.ts';
import { projectRoot } from './root.ts';

const sdk = join(projectRoot, 'sdk');
const LIBRARY = 'perdure.cjs';
/** That of Temporal's SDK whose names these packages have: ranges in a project's package.json fit it. */
const VERSION = '1.24.0';

/** Package → entry point. The names that a package has below `lib/` are entries of their own. */
const ENTRIES: Record<string, string> = {
  '@temporalio/workflow': 'workflow/index.ts',
  '@temporalio/activity': 'temporal/activity.ts',
  '@temporalio/client': 'temporal/client.ts',
  '@temporalio/common': 'common/index.ts',
  '@temporalio/worker': 'temporal/worker.ts',
  '@temporalio/testing': 'temporal/testing.ts',
  '@temporalio/interceptors-opentelemetry': 'opentelemetry/index.ts',
};

/** Files inside Temporal's packages that programs import although they are not public. */
const FILES: Record<string, string> = {
  '@temporalio/interceptors-opentelemetry/lib/index': 'opentelemetry/index.ts',
  '@temporalio/interceptors-opentelemetry/lib/plugin': 'opentelemetry/index.ts',
  '@temporalio/interceptors-opentelemetry/lib/workflow/definitions': 'opentelemetry/workflow.ts',
  '@temporalio/interceptors-opentelemetry/lib/client': 'opentelemetry/client.ts',
  '@temporalio/interceptors-opentelemetry/lib/client/index': 'opentelemetry/client.ts',
  '@temporalio/interceptors-opentelemetry/lib/worker': 'opentelemetry/worker.ts',
  '@temporalio/interceptors-opentelemetry/lib/worker/index': 'opentelemetry/worker.ts',
  '@temporalio/interceptors-opentelemetry/lib/workflow': 'opentelemetry/workflow.ts',
  '@temporalio/interceptors-opentelemetry/lib/workflow/index': 'opentelemetry/workflow.ts',
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors':
    'opentelemetry/workflow-interceptors.ts',
  '@temporalio/client/lib/helpers': 'temporal/execution-info.ts',
};

/** Entries of ours that files inside of Temporal's packages stand for. */
const OWN_FILES = Object.fromEntries(
  Object.values(temporalFiles)
    .filter((entry) => entry.includes('/'))
    .map((entry) => [`perdure/${entry}`, `${entry}.ts`]),
);

/** The packages of Temporal's that these stand for. */
export const TEMPORAL_PACKAGES = Object.keys(ENTRIES);

/** What reads files next to itself, or loads modules, does it in another way in CommonJS and in jest's sandbox. */
const REPLACED: Record<string, string> = {
  'worker/bundler.ts': `export const bundler = async () => require('./workflow-bundle.ts');`,
  'common/module-loader.ts': `import { createRequire } from 'node:module';
    import { resolve } from 'node:path';
    export const moduleLoader = () => (path) => createRequire(resolve(path))(resolve(path));`,
};
/** Projects put a client into bundles of their own (webpack, Next.js): those must not follow what only a Worker needs. */
const ESBUILD = `module.exports = require('node:module').createRequire(__filename)('esbuild');`;

/** A default import is that of the name `default`, and of nothing else, as in Temporal's. */
const ES_MODULE = `'use strict';\nObject.defineProperty(exports, '__esModule', { value: true });\n`;
/** `lib/pkg`: programs say which SDK they run on. */
const PACKAGE_TYPES = `declare const manifest: { name: string; version: string };\nexport default manifest;\n`;

/** The folder that has a `node_modules/@temporalio`. */
export async function temporalPackages(out = join(projectRoot, '.perdure/temporal')): Promise<string> {
  const stamp = await stampOf([sdk, join(projectRoot, 'src')], import.meta.filename);
  const made = join(out, 'stamp');
  if (existsSync(made) && (await readFile(made, 'utf8')) === stamp) return out;
  // Two that run at once both make it: one of them is there first.
  const draft = `${out}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await Promise.all([bundleLibrary(join(draft, 'lib')), declareTypes(draft)]);
  for (const [name, entry] of Object.entries(ENTRIES)) await writePackage(draft, name, entry);
  for (const [name, entry] of Object.entries(FILES)) await writeModule(draft, name, entry);
  for (const [file, entry] of Object.entries(temporalFiles)) await writeFileInside(draft, file, entry);
  // Not the repository's ES modules: a compiler with `node16` resolution lets CommonJS require none, nor their types.
  await writeFile(join(draft, 'package.json'), JSON.stringify({ type: 'commonjs' }));
  await writeFile(join(draft, 'stamp'), stamp);
  await rm(out, { recursive: true, force: true });
  await rename(draft, out).catch(async (error: Error) => {
    await rm(draft, { recursive: true, force: true });
    if ((await readFile(made, 'utf8').catch(() => undefined)) !== stamp) throw error;
  });
  return out;
}

async function bundleLibrary(folder: string): Promise<void> {
  const requires = Object.entries({ ...ENTRIES, ...OWN_FILES, ...FILES }).map(
    ([name, entry]) =>
      `exports[${JSON.stringify(name)}] = () => require(${JSON.stringify(join(sdk, entry))});`,
  );
  await build({
    stdin: { contents: requires.join('\n'), resolveDir: sdk, loader: 'js' },
    outfile: join(folder, LIBRARY),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    keepNames: true,
    // Packages that ws would take if they were there: a bundler of the project's warns of each.
    define: { 'process.env.WS_NO_BUFFER_UTIL': 'true', 'process.env.WS_NO_UTF_8_VALIDATE': 'true' },
    // Jest's sandbox has no `import()`.
    supported: { 'dynamic-import': false },
    logLevel: 'error',
    plugins: [placesInCommonJs],
  });
}

/** CommonJS has no `import.meta`: places are those of the sources, except where the SDK asks for what it is itself. */
const placesInCommonJs: Plugin = {
  name: 'places-in-commonjs',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^esbuild$/ }, ({ path }) => ({ path, namespace: 'required' }));
    onLoad({ filter: /./, namespace: 'required' }, () => ({ contents: ESBUILD }));
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const name = relative(sdk, path);
      const replaced = REPLACED[name];
      if (replaced !== undefined) return { contents: replaced, loader: 'ts', resolveDir: dirname(path) };
      const own = name === 'worker/source-place.ts';
      const contents = (await readFile(path, 'utf8'))
        .replaceAll('import.meta.dirname', own ? `(__dirname + '/.')` : JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

async function declareTypes(draft: string): Promise<void> {
  const config = join(draft, 'tsconfig.json');
  const folder = join(draft, 'types');
  await mkdir(draft, { recursive: true });
  const tsconfig = {
    extends: join(projectRoot, 'tsconfig.json'),
    compilerOptions: {
      ...{ noEmit: false, declaration: true, emitDeclarationOnly: true },
      ...{ rootDir: projectRoot, outDir: folder, stripInternal: false },
    },
    include: [],
    files: [...new Set(Object.values({ ...ENTRIES, ...OWN_FILES, ...FILES }))].map((entry) =>
      join(sdk, entry),
    ),
  };
  await writeFile(config, JSON.stringify(tsconfig));
  const tsc = join(projectRoot, 'node_modules/.bin/tsc');
  await promisify(execFile)(tsc, ['-p', config]).catch((error: { stdout: string }) => {
    throw new Error(`The types of the Temporal packages cannot be made:\n${error.stdout}`);
  });
  // A declaration may name a `.ts` file only where nothing is emitted.
  for (const file of await filesIn(folder)) {
    const text = await readFile(file, 'utf8');
    const named = text.replace(/((?:from|import)\s*\(?\s*['"]\.[^'"]+)\.ts(['"])/g, '$1.js$2');
    if (named !== text) await writeFile(file, named);
  }
}

async function writePackage(draft: string, name: string, entry: string): Promise<void> {
  const folder = join(draft, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  await writeModule(draft, join(name, 'index'), entry, name);
  const manifest = { name, version: VERSION, main: './index.js', types: './index.d.ts' };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const lib = join(folder, 'lib');
  await mkdir(lib, { recursive: true });
  await writeFile(join(lib, 'pkg.js'), `${ES_MODULE}exports.default = require('../package.json');\n`);
  await writeFile(join(lib, 'pkg.d.ts'), PACKAGE_TYPES);
}

/** A module with the exports of an entry: its code is in the library, its types among the declarations. */
async function writeModule(draft: string, path: string, entry: string, name = path): Promise<void> {
  const file = join(draft, 'node_modules', path);
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const types = relative(folder, join(draft, 'types/sdk', entry.replace(/\.ts$/, '.js')));
  const library = relative(folder, join(draft, 'lib', LIBRARY));
  const loaded = createRequire(import.meta.url)(join(draft, 'lib', LIBRARY)) as Record<string, () => object>;
  // One line for each name: that is what Node's ES module loader reads off a CommonJS file.
  const names = Object.keys(loaded[name]!()).map((key) => `exports.${key} = all.${key};`);
  const all = `const all = require(${JSON.stringify(library)})[${JSON.stringify(name)}]();`;
  await writeFile(`${file}.js`, `${ES_MODULE}${all}\n${names.join('\n')}\n`);
  await writeFile(`${file}.d.ts`, `export * from '${types}';\n`);
}

/** A package's own names in another place. */
async function writeFileInside(draft: string, file: string, entry: string): Promise<void> {
  const whole = `@temporalio/${entry}`;
  const name = whole in ENTRIES ? whole : `perdure/${entry}`;
  await writeModule(draft, file, ENTRIES[whole] ?? OWN_FILES[name]!, name);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function stampOf(folders: string[], ...files: string[]): Promise<string> {
  const all = [...files, ...(await Promise.all(folders.map(filesIn))).flat()];
  const times = await Promise.all(all.sort().map(async (file) => `${file} ${(await stat(file)).mtimeMs}`));
  return times.join('\n');
}
