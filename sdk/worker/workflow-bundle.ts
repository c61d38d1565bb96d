/**
 * Bundles one workflow file and all it imports into a factory, so that module-level variables belong to a run. Checks on
 * the way that the graph has nothing in it that workflow code cannot use.
 */

import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import {
  type BuildOptions,
  build,
  type Message,
  type Metafile,
  type OnResolveArgs,
  type OnResolveResult,
  type Plugin,
  type StdinOptions,
} from 'esbuild';
import { INTERCEPTOR_MODULES } from '../workflow/runtime/intercept.ts';
import { CONVERTER_EXPORTS } from '../workflow/runtime/start.ts';
import { moduleRules } from './module-rules.ts';
import { isSdkImport, perdureEntry, sdkImportOf, sdkName } from './package-entries.ts';
import { SOURCE_MAP } from './source-place.ts';
import { type ModuleRules, NO_RULES } from './webpack-hook.ts';
import {
  BARE_BUILTINS,
  GLOBAL_REFLECTION,
  isActivitiesFile,
  NEEDLESS_POLYFILLS,
  SHARED_BUILTINS,
  SHARED_SDK,
} from './workflow-imports.ts';
import { GRAPH_HEAD, GRAPH_TAIL } from './workflow-module.ts';

const GRAPH = 'perdure-graph.js';
const EXPORTS = 'perdure-exports.js';
const ABSENT = 'perdure-absent';
const runtimePath = join(import.meta.dirname, `workflow-module${extname(import.meta.url)}`);

export interface WorkflowBundle {
  /** An ES module with the exports of the workflow file, its source map inline. */
  code: string;
  /** Every file it was made from, absolute. */
  inputs: string[];
  warnings: string[];
}

/** Modules of converters, absolute, that become part of the workflows' module graph. */
export interface ConverterPaths {
  payloadConverterPath?: string;
  failureConverterPath?: string;
}

/** What webpack puts for them where there are no files: modules that ask for their place at the top are loaded. */
const NO_FILES = { __filename: '"/index.js"', __dirname: '"/"' };

/** What Temporal once logged with, a file of the Worker's: nothing is done by it, here as there. */
const LOG_INTERCEPTOR =
  /^(?:@temporalio\/worker\/lib\/workflow-log-interceptor|perdure\/(?:temporal\/worker|worker\/node))$/;

/** Modules of the SDK by their names: of those there is one copy, which is not bundled. */
const named = (interceptors: string[]): string[] =>
  interceptors
    .map((module) => sdkImportOf(module) ?? module)
    .filter((module) => !LOG_INTERCEPTOR.test(module));

const settings = (
  path: string,
  interceptors: string[],
  converters: ConverterPaths,
  warnings: string[],
  rules?: ModuleRules,
) => {
  const { before, after, conditions, mainFields, definitions } = rules ?? NO_RULES;
  const besides = [...before, ...after];
  const modules = named(interceptors);
  return {
    ...(modules.length + besides.length === 0 && Object.keys(converters).length === 0
      ? { entryPoints: [path] }
      : { stdin: graphOf(path, modules, converters, rules) }),
    // Nothing is written; the place makes the paths in the source map relative to the workflow file.
    outfile: join(dirname(path), `${basename(path)}.bundle.js`),
    write: false,
    bundle: true,
    metafile: true,
    // A workflow has nothing of Node: of packages that have a build for browsers that one is taken, as in Temporal's bundles.
    platform: 'browser',
    ...(conditions && { conditions }),
    ...(mainFields && { mainFields }),
    define: { ...NO_FILES, ...definitions },
    target: 'es2022',
    keepNames: true,
    logLevel: 'silent',
    plugins: [workflowImports(warnings, rules)],
  } satisfies BuildOptions;
};

/** One graph of the workflow file, its interceptors and its converters: what both import, both have the same copy of. */
function graphOf(
  path: string,
  interceptors: string[],
  converters: ConverterPaths,
  { before, after }: ModuleRules = NO_RULES,
): StdinOptions {
  const alone = (modules: string[]): string[] => modules.map((module) => `import ${JSON.stringify(module)};`);
  const imports = interceptors.map(
    (module, i) => `import * as __perdure${i} from ${JSON.stringify(module)};`,
  );
  const exported = (['payloadConverter', 'failureConverter'] as const).flatMap((kind) => {
    const from = converters[`${kind}Path`];
    return from === undefined
      ? []
      : [`export { ${kind} as ${CONVERTER_EXPORTS[kind]} } from ${JSON.stringify(from)};`];
  });
  const list = interceptors.map((_, i) => `__perdure${i}`).join(', ');
  const contents = [
    ...alone(before),
    ...imports,
    `import * as __perdureAll from ${JSON.stringify(path)};`,
    ...alone(after),
    `export * from ${JSON.stringify(path)};`,
    'const { default: __perdureDefault } = __perdureAll;',
    `export { __perdureDefault as default };`,
    `export const ${INTERCEPTOR_MODULES} = [${list}];`,
    ...exported,
  ].join('\n');
  return { contents, sourcefile: GRAPH, resolveDir: dirname(path), loader: 'js' };
}

const inputsOf = ({ inputs }: Metafile): string[] =>
  Object.keys(inputs)
    .filter((input) => input !== GRAPH)
    .map((input) => resolve(input));

/**
 * The same graph as a CommonJS script, to be evaluated at run time with a `require` that has the shared modules.
 * @throws esbuild's BuildFailure, as {@link bundleWorkflows} does.
 */
export async function bundleWorkflowScript(
  path: string,
  interceptors: string[] = [],
  converters: ConverterPaths = {},
  rules: ModuleRules = NO_RULES,
): Promise<WorkflowBundle & { sourceMap: string }> {
  const warnings: string[] = [];
  const output = await build({
    ...settings(path, interceptors, converters, warnings, rules),
    format: 'cjs',
    sourcemap: 'external',
  });
  const sourceMap = output.outputFiles.find((file) => file.path.endsWith('.map'))!.text;
  const script = output.outputFiles.find((file) => !file.path.endsWith('.map'))!.text;
  const inline = Buffer.from(sourceMap).toString('base64');
  return {
    code: `${script}${SOURCE_MAP}${inline}\n//# sourceURL=${path}.bundle.js\n`,
    sourceMap,
    inputs: inputsOf(output.metafile),
    warnings: [...warnings, ...toldOf(output.warnings)],
  };
}

/** Who asks a bundle where a module is (`require.resolve`) is told its name, as webpack would, and needs no warning. */
const toldOf = (warnings: Message[]): string[] =>
  warnings.filter(({ id }) => id !== 'require-resolve-not-external').map(({ text }) => text);

/** @throws esbuild's BuildFailure when the graph has errors, among them imports that workflow code cannot use. */
export async function bundleWorkflows(
  path: string,
  interceptors: string[] = [],
  converters: ConverterPaths = {},
): Promise<WorkflowBundle> {
  const warnings: string[] = [];
  const shared: BuildOptions = settings(path, interceptors, converters, warnings);
  const names = await build({ ...shared, format: 'esm' });
  const output = Object.values(names.metafile!.outputs)[0]!;
  const provided = [...new Set(output.imports.filter((i) => i.external).map((i) => i.path))];
  const { entryPoints, stdin, ...settled } = shared;
  const wrapped = await build({
    ...settled,
    stdin: assigned(stdin ? GRAPH : path, dirname(path), output.exports),
    plugins: [stdin ? graphPlugin(stdin) : entryPlugin(path), workflowImports([])],
    format: 'cjs',
    sourcemap: 'inline',
    banner: { js: head(provided) },
    footer: { js: tail(output.exports.filter((name) => name !== INTERCEPTOR_MODULES)) },
  });
  return {
    code: wrapped.outputFiles![0]!.text,
    inputs: inputsOf(names.metafile!),
    warnings: [...warnings, ...toldOf(names.warnings)],
  };
}

/**
 * What the graph exports, assigned: it is evaluated for each run, and esbuild's own way of exporting makes closures and
 * defines properties for each name, twice.
 */
function assigned(module: string, resolveDir: string, names: string[]): StdinOptions {
  const from = JSON.stringify(module);
  // Read from the module: a name that two files export to it is `undefined` there, and no import of it.
  const list = names.map((name) => `${JSON.stringify(name)}: all[${JSON.stringify(name)}]`).join(', ');
  const contents = `import * as all from ${from};\nimport ${from};\nmodule.exports = { ${list} };`;
  return { contents, sourcefile: EXPORTS, resolveDir, loader: 'js' };
}

/** What a workflow file does belongs to it as to any entry, also where its package says that importing has no effects. */
function entryPlugin(entry: string): Plugin {
  return {
    name: 'perdure-entry',
    setup(plugin) {
      plugin.onResolve({ filter: exactly(entry) }, async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === entry) return undefined;
        return {
          ...(await plugin.resolve(path, { kind, resolveDir, pluginData: entry })),
          sideEffects: true,
        };
      });
    },
  };
}

const exactly = (path: string): RegExp => new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

/** The graph that {@link graphOf} writes, to be imported. */
function graphPlugin({ contents, resolveDir }: StdinOptions): Plugin {
  return {
    name: 'perdure-graph',
    setup(plugin) {
      const namespace = 'perdure-graph';
      plugin.onResolve({ filter: /^perdure-graph\.js$/ }, ({ path }) => ({ path, namespace }));
      plugin.onLoad({ filter: /.*/, namespace }, () => ({ contents, resolveDir, loader: 'js' }));
    },
  };
}

function head(provided: string[]): string {
  const imports = provided.map((name, i) => `import * as __perdure${i} from ${JSON.stringify(name)};`);
  const table = provided.map((name, i) => `${JSON.stringify(name)}: __perdure${i}`).join(', ');
  return [
    ...imports,
    `import { defineWorkflows as __perdureDefine } from ${JSON.stringify(runtimePath)};`,
    `const __perdureProvided = { ${table} };`,
    `const __perdureEvaluate = ${GRAPH_HEAD}`,
  ].join('\n');
}

function tail(names: string[]): string {
  const local = names.map(
    (name, i) => `const __perdureExport${i} = __perdureShared[${JSON.stringify(name)}];`,
  );
  const list = names.map((name, i) => `__perdureExport${i} as ${JSON.stringify(name)}`).join(', ');
  return [
    `${GRAPH_TAIL};`,
    'const __perdureShared = __perdureDefine(__perdureEvaluate, __perdureProvided);',
    ...local,
    `export { ${list} };`,
  ].join('\n');
}

/**
 * Decides about every import of the graph that is not an ordinary file.
 * @param rules those of a program that is bundled when it is run, as Temporal's are: what Temporal's bundler lets pass does so
 */
function workflowImports(warnings: string[], rules?: ModuleRules): Plugin {
  return {
    name: 'perdure-workflow-imports',
    setup(plugin) {
      if (rules) moduleRules(plugin, rules, ABSENT);
      const checked = (resolved: OnResolveResult | undefined): OnResolveResult | undefined =>
        resolved?.errors && rules?.unchecked ? { path: 'unchecked', namespace: ABSENT } : resolved;
      plugin.onResolve({ filter: /^(?:perdure|@temporalio)\// }, (args) => checked(sdkImport(args.path)));
      plugin.onResolve({ filter: NEEDLESS_POLYFILLS }, ({ path }) => ({ path, namespace: ABSENT }));
      for (const filter of [/^(?:node|cloudflare):/, new RegExp(`^(?:${BARE_BUILTINS.join('|')})$`)])
        plugin.onResolve({ filter }, (args) => checked(builtinImport(args, warnings)));
      plugin.onLoad({ filter: /activities(?:[\\/]index)?\.[cm]?[jt]sx?$/ }, ({ path }) => {
        if (!isActivitiesFile(path)) return undefined;
        const text =
          `Workflow code imports ${basename(path)} at run time: activities do not run inside a workflow. ` +
          'Write "import type * as activities …" and call them through proxyActivities.';
        if (!rules) return { errors: [{ text }] };
        // Something else in the file may be what is wanted. What no workflow can import is still refused.
        warnings.push(text);
        return undefined;
      });
      plugin.onLoad({ filter: GLOBAL_REFLECTION }, async ({ path }) => ({
        contents: onceForAll(await readFile(path, 'utf8')),
      }));
      plugin.onLoad({ filter: /.*/, namespace: ABSENT }, () => ({ contents: 'module.exports = {};' }));
      // The SDK's own source, imported by path, is the same shared module.
      for (const name of SHARED_SDK) {
        const entry = perdureEntry(`perdure/${name}`);
        if (!entry) continue;
        plugin.onLoad({ filter: exactly(entry) }, () => ({
          contents: `export * from 'perdure/${name}';`,
          resolveDir: dirname(entry),
        }));
      }
    },
  };
}

/** It adds to the global Reflect, which all runs see: what each run added again, with the run, would stay for good. */
function onceForAll(source: string): string {
  return `if (typeof globalThis.Reflect.defineMetadata !== 'function') (function () {\n${source}\n})();`;
}

function sdkImport(specifier: string): OnResolveResult | undefined {
  if (!isSdkImport(specifier)) return undefined;
  const name = sdkName(specifier);
  if (name && SHARED_SDK.includes(name)) return { path: `perdure/${name}`, external: true };
  const text =
    `Workflow code imports "${specifier}" at run time: only perdure/workflow and perdure/common are usable there. ` +
    'Write "import type …" if only types are needed, or move the code into an activity.';
  return { errors: [{ text }] };
}

function builtinImport(args: OnResolveArgs, warnings: string[]): OnResolveResult {
  const name = args.path.replace(/^node:/, '');
  if (SHARED_BUILTINS.includes(name)) return { path: `node:${name}`, external: true };
  const text = `Workflow code imports "${args.path}": it must be deterministic and cannot do input or output. Move this into an activity.`;
  if (!args.importer.includes('node_modules')) return { errors: [{ text }] };
  // A package may import it for something that this workflow never calls.
  warnings.push(`${text} (imported by ${args.importer}; using it will fail)`);
  return { path: args.path, namespace: ABSENT };
}
