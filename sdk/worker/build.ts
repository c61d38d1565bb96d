/**
 * The build of a Worker: bundles an entry with esbuild, and turns every workflow file it imports into a module that is
 * evaluated anew for each run, so that module-level variables of workflow code never leak from one run into another.
 * @module perdure/worker/build
 */

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type BuildOptions, context, build as esbuild, type Plugin } from 'esbuild';
import { perdureEntry } from './package-entries.ts';
import { bundleWorkflows, type ConverterPaths } from './workflow-bundle.ts';
import { WORKFLOW_FILES } from './workflow-imports.ts';

export interface WorkflowPluginOptions {
  /** Which files are workflow files. Default: `workflows.ts`, `*.workflows.ts`, `workflows/index.ts` (also .js, .mts). */
  workflows?: string[];
  /** Modules that export `interceptors`, for all workflow files: paths or names of packages. */
  workflowInterceptorModules?: string[];
  /** A module that exports `payloadConverter`: workflow code gets it in its own module graph. */
  payloadConverterPath?: string;
  /** A module that exports `failureConverter`, likewise. */
  failureConverterPath?: string;
}

export interface BuildWorkerOptions extends WorkflowPluginOptions {
  /** The file that makes the Worker. */
  entry: string;
  /**
   * Where the bundle goes; its source map goes beside it. On Node this is a small start file that turns source maps on,
   * so that stack traces name the users' own files and lines, and the bundle stands beside it (`.bundle.mjs`).
   */
  outfile: string;
  platform: 'cloudflare' | 'node';
  /** Build again whenever a file changes, until `dispose` is called. */
  watch?: boolean;
  /** What is printed. Default `warning`. */
  logLevel?: 'silent' | 'error' | 'warning' | 'info';
}

export interface WorkerBuild {
  dispose(): Promise<void>;
}

/**
 * Builds a Worker. Warnings and errors are printed with their place in the source.
 * @throws esbuild's BuildFailure when the source has errors (not with `watch`).
 */
export async function buildWorker(options: BuildWorkerOptions): Promise<WorkerBuild> {
  const outfile = resolve(options.outfile);
  const settings: BuildOptions = {
    ...platforms[options.platform],
    entryPoints: [resolve(options.entry)],
    outfile: options.platform === 'node' ? await writeStart(outfile) : outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    keepNames: true,
    sourcemap: 'linked',
    logLevel: options.logLevel ?? 'warning',
    plugins: [workflowPlugin(options)],
  };
  if (!options.watch) {
    await esbuild(settings);
    return { dispose: async () => undefined };
  }
  const watching = await context(settings);
  await watching.watch();
  return { dispose: () => watching.dispose() };
}

/** Writes the start file of a Node Worker. Answers with the place of the bundle that it starts. */
async function writeStart(outfile: string): Promise<string> {
  const bundle = outfile.replace(/\.[cm]?js$/, '').concat('.bundle.mjs');
  await mkdir(dirname(outfile), { recursive: true });
  const start = `process.setSourceMapsEnabled(true);\nawait import(${JSON.stringify(`./${basename(bundle)}`)});\n`;
  await writeFile(outfile, start);
  return bundle;
}

const platforms: Record<BuildWorkerOptions['platform'], BuildOptions> = {
  cloudflare: {
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*', 'node:*'],
  },
  node: {
    platform: 'node',
    // CommonJS packages inside the bundle may require builtins.
    banner: {
      js: "import { createRequire as __perdureCreateRequire } from 'node:module';\nconst require = __perdureCreateRequire(import.meta.url);",
    },
  },
};

/** The part of the build that knows workflows, as an esbuild plugin for builds of your own. */
export function workflowPlugin(options: WorkflowPluginOptions = {}): Plugin {
  const filter = options.workflows ? anyOf(options.workflows.map((path) => resolve(path))) : WORKFLOW_FILES;
  const interceptors = (options.workflowInterceptorModules ?? []).map((path) =>
    existsSync(path) ? resolve(path) : path,
  );
  const { payloadConverterPath, failureConverterPath } = options;
  const converters: ConverterPaths = {
    ...(payloadConverterPath && { payloadConverterPath: resolve(payloadConverterPath) }),
    ...(failureConverterPath && { failureConverterPath: resolve(failureConverterPath) }),
  };
  return {
    name: 'perdure-workflows',
    setup(plugin) {
      plugin.onResolve({ filter: /^(?:perdure|@temporalio)\// }, ({ path }) => {
        const entry = perdureEntry(path);
        return entry === undefined ? undefined : { path: entry };
      });
      plugin.onLoad({ filter }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        try {
          const { code, inputs, warnings } = await bundleWorkflows(path, interceptors, converters);
          return {
            contents: code,
            loader: 'js',
            watchFiles: inputs,
            warnings: warnings.map((text) => ({ text })),
          };
        } catch (error) {
          const { errors } = error as { errors?: Array<{ text: string }> };
          if (!errors) throw error;
          return { errors, watchFiles: [path] };
        }
      });
    },
  };
}

function anyOf(paths: string[]): RegExp {
  const escaped = paths.map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^(?:${escaped.join('|')})$`);
}
