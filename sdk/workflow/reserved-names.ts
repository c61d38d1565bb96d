/** Names of signals and queries that belong to the SDK. */

const PREFIX = '__temporal_';
const NAMES = new Set(['__stack_trace', '__enhanced_stack_trace']);

export function isReservedName(name: string): boolean {
  return name.startsWith(PREFIX) || NAMES.has(name);
}

export function reservedNameError(kind: string, name: string): TypeError {
  return new TypeError(
    `The ${kind} name '${name}' is reserved for the SDK: names may not start with '${PREFIX}'.`,
  );
}
