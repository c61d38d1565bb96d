/**
 * A request's fields, wherever they stand, put together into one message in lowerCamel names: the path's placeholders,
 * the query's dotted names, the body. Proto3 JSON takes snake_case too, and `null` for an absent field.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';
import { fieldPath, isObject, type JsonObject, type Shape } from './message-shape.ts';

/** `maximum_page_size` → `maximumPageSize`. */
export function camelName(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Renames a body's fields and leaves out those that are `null`. Keys of maps and everything inside payloads are data
 * and stay as they are.
 * @throws ServiceError INVALID_ARGUMENT for a field that is there under both its names, or a map key `__proto__`.
 */
export function camelBody(value: unknown, shape: Shape | undefined, path = ''): unknown {
  if (shape === undefined || typeof shape === 'string' || !isObject(value)) return value;
  if ('map' in shape) {
    if (Object.hasOwn(value, '__proto__')) throw invalidArgument(`${path}: __proto__ cannot be a key`);
    return value;
  }
  if (!('message' in shape)) return value;
  const fields = shape.message();
  const renamed = new Map<string, unknown>();
  for (const [key, field] of Object.entries(value)) {
    const name = camelName(key);
    if (renamed.has(name)) throw invalidArgument(`${fieldPath(path, name)}: is there twice`);
    const below = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === null) continue;
    renamed.set(name, camelBody(field, below, fieldPath(path, name)));
  }
  return Object.fromEntries(renamed);
}

/**
 * Puts `value` at a dotted path.
 * @throws ServiceError INVALID_ARGUMENT when another value stands there or in its way.
 */
export function setField(request: JsonObject, dotted: string, value: unknown): void {
  const names = dotted.split('.').map(camelName);
  const last = names.pop()!;
  let at = request;
  for (const name of names) {
    if (!Object.hasOwn(at, name)) define(at, name, {});
    const below = at[name];
    if (!isObject(below)) throw invalidArgument(`${dotted}: ${name} is there with another value`);
    at = below;
  }
  if (Object.hasOwn(at, last) && at[last] !== value) {
    throw invalidArgument(`${[...names, last].join('.')}: is there with two different values`);
  }
  define(at, last, value);
}

/** Plain assignment would reach the prototype through `__proto__`. */
function define(target: JsonObject, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}
