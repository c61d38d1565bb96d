/**
 * Workflow files loaded at run time, without a build step: bundled in memory by the same rules as the build, and evaluated
 * anew for each run, so that module-level variables never leak from one run into another.
 */

import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '../common/data-converter.ts';
import { ValueError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { bundler } from './bundler.ts';
import { evaluate, type LoadLimits } from './evaluate-workflows.ts';
import { interceptorModulesOf, interceptorPaths, type WorkerInterceptors } from './interceptors.ts';
import { type BundlerPlugin, configured } from './plugins.ts';
import { type ModuleRuleOptions, moduleRulesOf } from './webpack-hook.ts';
import type { ConverterPaths } from './workflow-bundle.ts';

export interface BundleOptions extends ModuleRuleOptions {
  /** The file (or the folder with an index file) that exports the workflows, as a path or a `file:` URL. */
  workflowsPath: string;
  /** Modules that export `interceptors`: paths, `file:` URLs, or names of packages. */
  workflowInterceptorModules?: string[];
  /** A module that exports `payloadConverter`, if the Worker's data converter has one. */
  payloadConverterPath?: string;
  /** A module that exports `failureConverter`, if the Worker's data converter has one. */
  failureConverterPath?: string;
  /** They may change these options. */
  plugins?: BundlerPlugin[];
  /** Where warnings go. Default: nowhere. */
  logger?: Logger;
}

export interface WorkflowBundleWithSourceMap {
  /** A script; its source map is inline. */
  code: string;
  sourceMap: string;
}

/** Workflow code that was bundled before: as text, or the file it was written to. */
export type WorkflowBundleOption = WorkflowBundle | WorkflowBundlePath;
export interface WorkflowBundle {
  code: string;
}
export interface WorkflowBundlePath {
  codePath: string;
}

export interface WorkflowSources extends LoadLimits {
  workflows?: object;
  workflowsPath?: string;
  workflowBundle?: WorkflowBundleOption;
  interceptors?: WorkerInterceptors;
  /** Converters named by path are bundled with `workflowsPath`; a `workflowBundle` has them already. */
  dataConverter?: DataConverter;
  bundlerOptions?: ModuleRuleOptions;
  /** Those that change bundles. */
  plugins?: BundlerPlugin[];
}

interface Bundled extends WorkflowBundleWithSourceMap {
  /** The newest change of every file it was made from. */
  stamp: string;
  inputs: string[];
}

const bundled = new Map<string, Bundled>();

/**
 * Bundles workflow code. Files that have not changed since they were last bundled in this process are not read again.
 * @returns what `workflowBundle` of {@link Worker.create} takes.
 * @throws ValueError when there is no such file, esbuild's BuildFailure when workflow code imports what it cannot use.
 */
export async function bundleWorkflowCode(given: BundleOptions): Promise<WorkflowBundleWithSourceMap> {
  const options = await configured(given, given.plugins, (plugin, current) =>
    plugin.configureBundler?.(current),
  );
  const path = pathOf('workflowsPath', options.workflowsPath);
  const interceptors = (options.workflowInterceptorModules ?? []).map(moduleOf);
  const converters: ConverterPaths = {};
  for (const name of ['payloadConverterPath', 'failureConverterPath'] as const) {
    const converterPath = options[name];
    if (converterPath !== undefined) converters[name] = pathOf(name, converterPath);
  }
  const rules = moduleRulesOf(options, path, options.logger);
  // What a function replaces is not known before it is called.
  const functions = rules.replacements.some(({ by }) => typeof by === 'function');
  const patterns = rules.replacements.map(({ pattern }) => String(pattern));
  const key = JSON.stringify([path, interceptors, converters, rules, patterns]);
  const known = functions ? undefined : bundled.get(key);
  if (known && stampOf(known.inputs) === known.stamp) return known;
  const { bundleWorkflowScript } = await bundler();
  const { code, sourceMap, inputs, warnings } = await bundleWorkflowScript(
    path,
    interceptors,
    converters,
    rules,
  );
  for (const warning of warnings) options.logger?.warn(warning);
  const fresh = { code, sourceMap, inputs, stamp: stampOf(inputs) };
  bundled.set(key, fresh);
  return fresh;
}

/** Workflow functions, and interceptor modules that are not in one bundle with them. */
export interface LoadedWorkflows {
  workflows: object | undefined;
  interceptorModules: object[];
}

/**
 * The workflow functions that a Worker's options name, in whichever of the three ways.
 * @throws ValueError when more than one is used.
 */
export async function workflowsOf(sources: WorkflowSources, logger: Logger): Promise<LoadedWorkflows> {
  const { interceptors = {} } = sources;
  const bundled = sources.workflowsPath !== undefined || sources.workflowBundle !== undefined;
  // A path has nothing to be bundled with, or, as with Temporal, was bundled before.
  const apart = bundled
    ? interceptors.workflowModules?.filter((module) => typeof module !== 'string')
    : interceptors.workflowModules;
  return {
    workflows: await functionsFrom(sources, logger),
    interceptorModules: interceptorModulesOf({ ...(apart && { workflowModules: apart }) }),
  };
}

async function functionsFrom(sources: WorkflowSources, logger: Logger): Promise<object | undefined> {
  const { workflows, workflowsPath, workflowBundle } = sources;
  if ([workflows, workflowsPath, workflowBundle].filter((source) => source !== undefined).length > 1) {
    throw new ValueError('workflows, workflowsPath, workflowBundle: only one of them can be given');
  }
  if (workflowsPath !== undefined) {
    const workflowInterceptorModules = interceptorPaths(sources.interceptors);
    const { payloadConverterPath, failureConverterPath } = sources.dataConverter ?? {};
    const { code } = await bundleWorkflowCode({
      workflowsPath,
      workflowInterceptorModules,
      ...sources.bundlerOptions,
      plugins: sources.plugins,
      logger,
      ...(payloadConverterPath !== undefined && { payloadConverterPath }),
      ...(failureConverterPath !== undefined && { failureConverterPath }),
    });
    return evaluate(code, sources);
  }
  if (workflowBundle === undefined) return workflows;
  const code =
    'code' in workflowBundle ? workflowBundle.code : await readFile(workflowBundle.codePath, 'utf8');
  return evaluate(code, sources);
}

const SOURCES = /\.[cm]?[jt]sx?$/;

/** The file that a path means: with its extension, and TypeScript where its JavaScript was named. */
function pathOf(option: string, given: string): string {
  const found = fileOf(option, given);
  if (!found) throw new ValueError(`${option}: there is no file ${resolve(given)}`);
  return found;
}

/** A file, or else the name of a package. */
function moduleOf(given: string): string {
  const option = 'workflowInterceptorModules';
  return (/^(?:\.|\/|file:)/.test(given) ? pathOf(option, given) : fileOf(option, given)) ?? given;
}

function fileOf(option: string, given: string): string | undefined {
  if (typeof given !== 'string') throw new ValueError(`${option}: expected a path`);
  const path = given.startsWith('file:') ? fileURLToPath(given) : resolve(given);
  const source = path.replace(/\.([cm]?)js$/, '.$1ts');
  const stem = SOURCES.test(path) ? [] : ['.ts', '.mts', '.js', '.mjs', '/index.ts', '/index.js'];
  return [path, source, ...stem.map((end) => path + end)].find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function stampOf(inputs: string[]): string {
  return inputs.map((input) => statSync(input, { throwIfNoEntry: false })?.mtimeMs ?? 'gone').join(' ');
}
