/**
 * `webpackConfigHook` of programs written for Temporal's bundler. There is no webpack here: the hook gets a configuration as
 * webpack would have it, and what it says of where modules are found holds for this bundler, too.
 */

import type { Logger } from '../common/logger.ts';

/** Where modules are found that the ordinary rules do not find, or not there. `false`: the module is empty. */
export interface ModuleRules {
  ignoreModules: string[];
  /** A name, and what is below it; with `$` at its end the name alone. */
  alias: Record<string, string | false>;
  /** For what is not found otherwise. */
  fallback: Record<string, string | false>;
}

// biome-ignore lint/suspicious/noExplicitAny: webpack's own type, which is not here
export type WebpackConfigHook = (config: any) => any;

interface WebpackConfig {
  resolve: { alias?: unknown; fallback?: unknown; extensions: string[] };
  module: { rules: unknown[] };
  plugins: unknown[];
  externals?: unknown;
  [field: string]: unknown;
}

const NO_EFFECT = ['module', 'plugins', 'externals'] as const;

/** What the hook makes of the configuration, as far as it means something here; the rest is told to the logger. */
export function moduleRulesOf(
  { webpackConfigHook, ignoreModules = [] }: ModuleRuleOptions,
  entry: string,
  logger?: Logger,
): ModuleRules {
  if (!webpackConfigHook) return { ignoreModules, alias: {}, fallback: {} };
  const told = JSON.stringify(NO_EFFECT.map((field) => sizesOf(configFor(entry)[field])));
  const config = (webpackConfigHook(configFor(entry)) ?? {}) as Partial<WebpackConfig>;
  if (JSON.stringify(NO_EFFECT.map((field) => sizesOf(config[field]))) !== told) {
    logger?.warn(
      'webpackConfigHook: there is no webpack here. Of what the hook returns only resolve.alias and resolve.fallback have an effect',
    );
  }
  return {
    ignoreModules,
    alias: rulesIn(config.resolve?.alias),
    fallback: rulesIn(config.resolve?.fallback),
  };
}

export interface ModuleRuleOptions {
  /** Names of modules that workflow code imports and never uses: they are empty in the bundle. */
  ignoreModules?: string[];
  /** Of Temporal's bundler: `resolve.alias` and `resolve.fallback` of what it returns hold here, too. */
  webpackConfigHook?: WebpackConfigHook;
  /** Without effect: nothing is shared by the runs. */
  preloadModules?: string[];
}

const configFor = (entry: string): WebpackConfig => ({
  mode: 'development',
  devtool: 'inline-source-map',
  entry: [entry],
  resolve: { modules: ['node_modules'], extensions: ['.ts', '.js'], alias: {}, fallback: {} } as never,
  externals: [],
  module: { rules: [] },
  plugins: [],
  output: {},
});

/** How much there is of something that has no effect. */
function sizesOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).reduce<number>(
      (sum, inner) => sum + (Array.isArray(inner) ? inner.length : 1),
      0,
    );
  }
  return value === undefined ? 0 : 1;
}

/** webpack takes an object, or a list of `{ name, alias, onlyModule }`. */
function rulesIn(given: unknown): Record<string, string | false> {
  const entries: Array<[string, unknown]> = Array.isArray(given)
    ? given.map(({ name, alias, onlyModule }) => [onlyModule ? `${name}$` : name, alias])
    : Object.entries(given ?? {});
  const rules: Record<string, string | false> = {};
  for (const [name, target] of entries) {
    const first = Array.isArray(target) ? target[0] : target;
    if (typeof first === 'string' || first === false) rules[name] = first;
  }
  return rules;
}

/** What a rule makes of an import; `undefined` where none is about it. */
export function ruled(rules: Record<string, string | false>, path: string): string | false | undefined {
  for (const [name, target] of Object.entries(rules)) {
    if (path === name.replace(/\$$/, '')) return target;
    if (!name.endsWith('$') && path.startsWith(`${name}/`)) {
      return target === false ? false : target + path.slice(name.length);
    }
  }
  return undefined;
}
