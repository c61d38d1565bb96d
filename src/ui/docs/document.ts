/** What the page reads of the OpenAPI description, and examples made from its schemas. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
}
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}
export interface Operation {
  operationId: string;
  tags: string[];
  description: string;
  parameters: Parameter[];
  /** Where it is served, if not below the prefix. */
  servers?: Array<{ url: string }>;
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
export interface Document {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}
export interface Route {
  path: string;
  method: string;
  operation: Operation;
}

const MAX_DEPTH = 5;

export function operationsOf({ paths }: Document): Route[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
}

export function resolved(schema: Schema, document: Document): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

/** The least that fits: what is required, and of everything else nothing; `all`: every field, for an answer. */
export function exampleOf(given: Schema, document: Document, all = false, depth = 0): unknown {
  const schema = resolved(given, document);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return exampleOf(schema.anyOf.at(-1)!, document, all, depth);
  const [type] = [schema.type].flat();
  if (type === 'object') {
    if (depth > MAX_DEPTH) return {};
    const names = Object.keys(schema.properties ?? {}).filter(
      (name) => all || schema.required?.includes(name),
    );
    return Object.fromEntries(
      names.map((name) => [name, exampleOf(schema.properties![name]!, document, all, depth + 1)]),
    );
  }
  if (type === 'array')
    return all && depth <= MAX_DEPTH && schema.items
      ? [exampleOf(schema.items, document, all, depth + 1)]
      : [];
  return { string: '', integer: 0, number: 0, boolean: false }[type ?? ''] ?? null;
}

/** The request that the form stands for. */
export function requestOf(
  { path, operation }: Route,
  values: Readonly<Record<string, string>>,
): { path: string; missing: string[] } {
  const query = new URLSearchParams();
  const missing: string[] = [];
  let filled = path;
  for (const parameter of operation.parameters) {
    const value = values[parameter.name] ?? '';
    if (value === '' && parameter.required) missing.push(parameter.name);
    if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (parameter.in === 'query' && value !== '') query.set(parameter.name, value);
  }
  const search = query.toString();
  const prefix = operation.servers ? '' : '/api/v1';
  return { path: `${prefix}${filled}${search && `?${search}`}`, missing };
}
