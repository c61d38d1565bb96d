/**
 * `webpackConfigHook` of programs written for Temporal's bundler. There is no webpack here: the hook gets a configuration as
 * webpack would have it, and what it says of where modules are found holds for this bundler, too.
 */

import type { Logger } from '../common/logger.ts';
import { effectsOf, type Replacement } from './webpack-plugins.ts';

/** Where modules are found that the ordinary rules do not find, or not there. `false`: the module is empty. */
export interface ModuleRules {
  ignoreModules: string[];
  /** A name, and what is below it; with `$` at its end the name alone. */
  alias: Record<string, string | false>;
  /** For what is not found otherwise. */
  fallback: Record<string, string | false>;
  replacements: Replacement[];
  /** Identifier → code. */
  definitions: Record<string, string>;
  /** Modules that come before everything else, and after it. */
  before: string[];
  after: string[];
  /** Which of the builds that a package offers; the bundler's own choice where it is not said. */
  conditions?: string[];
  mainFields?: string[];
  /** What is there when the code is evaluated, as webpack takes it. */
  externals?: unknown;
  externalsType?: string;
  /** The check for modules that workflow code cannot use is gone: those are empty, as in Temporal's bundles. */
  unchecked: boolean;
}

export const NO_RULES: ModuleRules = {
  ignoreModules: [],
  ...{ alias: {}, fallback: {} },
  ...{ replacements: [], definitions: {} },
  ...{ before: [], after: [] },
  unchecked: false,
};

// biome-ignore lint/suspicious/noExplicitAny: webpack's own type, which is not here
export type WebpackConfigHook = (config: any) => any;

interface WebpackConfig {
  entry?: unknown;
  resolve: {
    alias?: unknown;
    fallback?: unknown;
    conditionNames?: string[];
    mainFields?: string[];
    extensions: string[];
  };
  module: { rules: unknown[] };
  plugins: unknown[];
  externals?: unknown;
  externalsType?: string;
  [field: string]: unknown;
}

/** What the hook makes of the configuration, as far as it means something here; the rest is told to the logger. */
export function moduleRulesOf(
  { webpackConfigHook, ignoreModules = [] }: ModuleRuleOptions,
  entry: string,
  logger?: Logger,
): ModuleRules {
  if (!webpackConfigHook) return { ...NO_RULES, ignoreModules };
  const given = configFor(entry);
  const config = (webpackConfigHook({ ...given, module: { rules: [...given.module.rules] } }) ??
    {}) as Partial<WebpackConfig>;
  const { whole, ...effects } = effectsOf(config.plugins ?? []);
  if (!whole || !config.module?.rules?.every((rule) => given.module.rules.includes(rule))) {
    logger?.warn(
      'webpackConfigHook: there is no webpack here. Of what the hook returns these have an effect: resolve.alias, fallback, conditionNames ' +
        'and mainFields; externals that are variables; modules beside the entry; of plugins what NormalModuleReplacementPlugin and DefinePlugin do',
    );
  }
  const { alias, fallback, conditionNames, mainFields } = config.resolve ?? {};
  const entries = ([config.entry].flat() as unknown[]).filter((name) => typeof name === 'string');
  const own = entries.indexOf(entry);
  const named = (list: string[]): string[] => list.filter((name) => name !== '...');
  return {
    ignoreModules,
    alias: rulesIn(alias),
    fallback: rulesIn(fallback),
    ...effects,
    before: entries.slice(0, Math.max(own, 0)),
    after: entries.slice(own + 1).filter(() => own >= 0),
    ...(conditionNames && { conditions: named(conditionNames) }),
    ...(mainFields && { mainFields: named(mainFields) }),
    externals: config.externals,
    unchecked: ![config.externals].flat().includes(checkModules),
    ...(config.externalsType && { externalsType: config.externalsType }),
  };
}

export interface ModuleRuleOptions {
  /** Names of modules that workflow code imports and never uses: they are empty in the bundle. */
  ignoreModules?: string[];
  /** Of Temporal's bundler: what it says of where modules are found, replaced and defined holds here, too. */
  webpackConfigHook?: WebpackConfigHook;
  /** Without effect: nothing is shared by the runs. */
  preloadModules?: string[];
}

/** Temporal's bundler checks imports by an external: a hook that puts others in its place has switched the check off. */
const checkModules = async (_data: unknown): Promise<undefined> => undefined;

/** With the rules that Temporal's has, for hooks that look for them. */
const configFor = (entry: string): WebpackConfig => ({
  mode: 'development',
  devtool: 'inline-source-map',
  entry: [entry],
  resolve: { modules: ['node_modules'], extensions: ['.ts', '.js'], alias: {}, fallback: {} } as never,
  externals: checkModules,
  module: {
    rules: [
      { test: /\.js$/, enforce: 'pre', use: ['source-map-loader'] },
      {
        test: /\.ts$/,
        exclude: /node_modules/,
        use: {
          loader: 'swc-loader',
          options: {
            sourceMap: true,
            jsc: { target: 'es2017', parser: { syntax: 'typescript', decorators: true } },
          },
        },
      },
    ],
  },
  plugins: [],
  output: {},
});

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
