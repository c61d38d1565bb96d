export type Patch = { path: (string | number)[]; value?: unknown };

/** What changes `before` into `after`. Both are JSON. */
export function patchesBetween(before: unknown, after: unknown, path: Patch['path'] = []): Patch[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [{ path, value: after }];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => patchesBetween(before[key], after[key], [...path, key]));
}

export function applyPatches(document: unknown, patches: Patch[]): unknown {
  const box = { document: structuredClone(document) } as Record<string, unknown>;
  for (const { path, value } of patches) {
    let target = box;
    let last: string | number = 'document';
    for (const key of path) {
      target = target[last] as Record<string, unknown>;
      last = key;
    }
    if (value === undefined) delete target[last];
    else target[last] = value;
  }
  return box.document;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
