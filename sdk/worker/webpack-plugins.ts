/**
 * What webpack's plugins in a `webpackConfigHook` mean to another bundler: which modules they replace, which words they define.
 * Plugins that do it through `compiler.webpack`, as those of Temporal's packages do, are called; webpack's own are read.
 */

/** What is replaced sees, and changes, as webpack names it: the import before it is resolved, then the file. */
interface WebpackResource {
  request: string;
  context: string;
  contextInfo: { issuer: string };
  createData: { resource?: string };
}

export interface Replacement {
  pattern: RegExp;
  by: string | ((resource: WebpackResource) => void);
}

export interface PluginEffects {
  replacements: Replacement[];
  /** Identifier → code. */
  definitions: Record<string, string>;
  /** Whether all of the plugins were understood. */
  whole: boolean;
}

export function effectsOf(plugins: unknown[]): PluginEffects {
  const effects: PluginEffects = { replacements: [], definitions: {}, whole: true };
  const replace = (pattern: RegExp, by: Replacement['by']): void =>
    void effects.replacements.push({ pattern, by });
  const define = (definitions: Record<string, unknown>): void => {
    for (const [name, value] of Object.entries(definitions)) {
      const code = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
      if (isWord(code)) effects.definitions[name] = code;
      else effects.whole = false;
    }
  };
  const compiler = {
    webpack: {
      NormalModuleReplacementPlugin: class {
        readonly apply: () => void;
        constructor(pattern: RegExp, by: Replacement['by']) {
          this.apply = () => replace(pattern, by);
        }
      },
      DefinePlugin: class {
        readonly apply: () => void;
        constructor(definitions: Record<string, unknown>) {
          this.apply = () => define(definitions);
        }
      },
    },
  };
  for (const plugin of plugins as WebpackPlugin[]) {
    const name = plugin?.constructor?.name;
    if (name === 'NormalModuleReplacementPlugin') replace(plugin.resourceRegExp!, plugin.newResource!);
    else if (name === 'DefinePlugin') define(plugin.definitions!);
    else if (!applied(plugin, compiler)) effects.whole = false;
  }
  return effects;
}

interface WebpackPlugin {
  apply?: (compiler: object) => void;
  resourceRegExp?: RegExp;
  newResource?: Replacement['by'];
  definitions?: Record<string, unknown>;
}

/** A plugin that wants more of the compiler than there is fails. */
function applied(plugin: WebpackPlugin, compiler: object): boolean {
  try {
    plugin.apply!(compiler);
    return true;
  } catch {
    return false;
  }
}

/** What can be put in the place of an identifier: a literal, or another name. */
function isWord(code: string): boolean {
  if (/^[\w$.]+$/.test(code)) return true;
  try {
    JSON.parse(code);
    return true;
  } catch {
    return false;
  }
}

/** The import that is asked for instead; the same where nothing replaces it. */
export function replacedRequest(
  rules: Replacement[],
  request: string,
  context: string,
  issuer: string,
): string {
  const resource: WebpackResource = { request, context, contextInfo: { issuer }, createData: {} };
  for (const { pattern, by } of rules) {
    if (!pattern.test(resource.request)) continue;
    if (typeof by === 'string') resource.request = by;
    else by(resource);
  }
  return resource.request;
}

/** The file that is taken instead. */
export function replacedFile(rules: Replacement[], file: string, context: string, issuer: string): string {
  const resource: WebpackResource = {
    request: file,
    context,
    contextInfo: { issuer },
    createData: { resource: file },
  };
  for (const { pattern, by } of rules) {
    if (typeof by !== 'string' && pattern.test(resource.createData.resource ?? file)) by(resource);
  }
  return resource.createData.resource ?? file;
}
