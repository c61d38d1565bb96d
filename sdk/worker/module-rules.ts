/** Where the modules of workflow code are found by the rules of a `webpackConfigHook`, as a plugin of esbuild. */

import type { OnResolveArgs, OnResolveResult, PluginBuild, ResolveOptions } from 'esbuild';
import { isSdkImport } from './package-entries.ts';
import { externalModule } from './webpack-externals.ts';
import { type ModuleRules, ruled } from './webpack-hook.ts';
import { replacedFile, replacedRequest } from './webpack-plugins.ts';

/** Marks an import that the rules have seen. */
const RULED = Symbol('ruled');

const EXTERNAL = 'perdure-external';

/** @param absent the namespace of modules that are empty */
export function moduleRules(plugin: PluginBuild, rules: ModuleRules, absent: string): void {
  plugin.onResolve({ filter: /./ }, (args) => externalBy(rules, args));
  plugin.onLoad({ filter: /./, namespace: EXTERNAL }, ({ pluginData }) => ({ contents: pluginData }));
  plugin.onResolve({ filter: /./ }, (args) => resolvedBy(plugin, rules, absent, args));
}

async function externalBy(
  { externals, externalsType }: ModuleRules,
  { path, kind, importer, resolveDir, pluginData }: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (kind === 'entry-point' || pluginData === RULED) return undefined;
  const asked = { request: path, context: resolveDir, issuer: importer };
  const code = await externalModule(externals, asked, externalsType);
  return code === undefined ? undefined : { path, namespace: EXTERNAL, pluginData: code };
}

async function resolvedBy(
  plugin: PluginBuild,
  { ignoreModules, alias, fallback, replacements }: ModuleRules,
  absent: string,
  { path: asked, pluginData, importer, resolveDir, kind }: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  const empty: OnResolveResult = { path: asked, namespace: absent };
  const options: ResolveOptions = { kind, importer, resolveDir, pluginData: RULED };
  if (pluginData === RULED) return undefined;
  const path = replacedRequest(replacements, asked, resolveDir, importer);
  if (ignoreModules.some((name) => [name, `node:${name}`].includes(path) || path.startsWith(`${name}/`))) {
    return empty;
  }
  const aliased = ruled(alias, path);
  if (aliased === false) return empty;
  // Of the SDK there is one copy, wherever a program says that it is.
  if (aliased !== undefined && !isSdkImport(path)) return plugin.resolve(aliased, options);
  const fallen = ruled(fallback, path.replace(/^node:/, ''));
  if (fallen === undefined && path === asked && replacements.length === 0) return undefined;
  const found = await plugin.resolve(path, options);
  if (fallen !== undefined && (found.errors.length > 0 || found.namespace === absent)) {
    return fallen === false ? empty : plugin.resolve(fallen, options);
  }
  if (found.external || found.namespace !== 'file') return found;
  return { ...found, path: replacedFile(replacements, found.path, resolveDir, importer) };
}
