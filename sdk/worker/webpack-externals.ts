/**
 * webpack's `externals`: imports that stand for something which is there when the workflow's code is evaluated, mostly a
 * global variable that an interceptor module has set.
 */

interface Asked {
  request: string;
  /** The folder of the file that asks. */
  context: string;
  issuer: string;
}

/** @returns the code of the module that an import means; `undefined` where no external is about it */
export async function externalModule(
  externals: unknown,
  asked: Asked,
  externalsType = 'var',
): Promise<string | undefined> {
  for (const external of [externals].flat()) {
    const code = codeOf(await saidBy(external, asked), asked.request, externalsType);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** What one external says of an import; `undefined` or false: nothing. */
function saidBy(external: unknown, asked: Asked): unknown {
  const { request } = asked;
  if (typeof external === 'string') return external === request;
  if (external instanceof RegExp) return external.test(request);
  if (typeof external === 'function') return answerOf(external as ExternalFunction, asked);
  const named = (external ?? {}) as Record<string, unknown>;
  return Object.hasOwn(named, request) ? named[request] : undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: it takes what webpack gives, in one of two forms
type ExternalFunction = (...args: any[]) => unknown;

/** A function answers by its callback or by what it returns; the older form has context and request before the callback. */
async function answerOf(external: ExternalFunction, { request, context, issuer }: Asked): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, value?: unknown, type?: string): void => {
      if (error) reject(error);
      else resolve(type && typeof value === 'string' ? `${type} ${value}` : value);
    };
    const data = { context, request, contextInfo: { issuer } };
    const args = external.length >= 3 ? [context, request, callback] : [data, callback];
    Promise.resolve(external(...args)).then(
      (value) => external.length >= args.length || resolve(value),
      reject,
    );
  });
}

/** `'name'`, `'type name'`, `['name', 'property', …]` or true, which is the import's own name. */
function codeOf(value: unknown, request: string, externalsType: string): string | undefined {
  const [whole, ...properties] = [value === true ? request : value].flat() as unknown[];
  if (typeof whole !== 'string') return undefined;
  const [, type = externalsType, name] = /^(?:([a-z0-9-]+) )?(.*)$/s.exec(whole)!;
  const path = properties.map((property) => `[${JSON.stringify(property)}]`).join('');
  if (['var', 'assign'].includes(type)) return `module.exports = ${name}${path};`;
  if (['global', 'this', 'window', 'self'].includes(type)) {
    return `module.exports = globalThis[${JSON.stringify(name)}]${path};`;
  }
  // The others load a file when the code runs, which workflow code cannot.
  return undefined;
}
