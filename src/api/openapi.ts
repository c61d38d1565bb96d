/**
 * The description of the API in OpenAPI 3.1, made from the route table: requests from their zod schemas, answers from the
 * types of the handlers (`reply-schemas.json`, written by `npm run docs`).
 */

import { z } from 'zod';
import { SDK_VERSION } from '../../sdk/common/worker-protocol.ts';
import { type PlainName, type PlainRoute, plainRouteList } from './plain-routes.ts';
import replies from './reply-schemas.json' with { type: 'json' };
import { isAudited, type Route, routes } from './routes.ts';
import { payload, payloads } from './schemas.ts';

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  $defs?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: JsonSchema;
}
export interface Operation {
  operationId: string;
  tags: string[];
  description: string;
  parameters: Parameter[];
  requestBody?: { description?: string; content: Record<string, { schema: JsonSchema }> };
  /** Where it is served, if not below the prefix. */
  servers?: Array<{ url: string }>;
  security?: Array<Record<string, string[]>>;
  responses: Record<string, { description: string; content?: Record<string, { schema: JsonSchema }> }>;
}
export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: Array<{ url: string }>;
  security: Array<Record<string, string[]>>;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, object> };
}

const ERROR: JsonSchema = {
  type: 'object',
  properties: {
    code: { type: 'integer', description: 'The gRPC status code.' },
    message: { type: 'string' },
    details: { type: 'array', items: { type: 'object' } },
  },
  required: ['code', 'message', 'details'],
  additionalProperties: false,
};
const DESCRIPTION = `The HTTP API of Temporal, with what it lacks. The same paths are served without the prefix \`/api/v1\`, but those that name another server.
Payloads are plain JSON values (shorthand) both ways; with \`?noPayloadShorthand\` they are in the long form. \`?pretty\` indents.
Fields may be written in snake_case. Errors have the shape of \`Error\`.`;

/** As the type that it is; the compiler's own is of each value in it. */
const described = replies as unknown as Record<'schemas' | 'replies', Record<string, JsonSchema>>;

const FAULT = {
  description: 'Refused, or failed.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

const DELIVERY = {
  'application/json': { schema: { type: 'object' } },
  'application/x-www-form-urlencoded': { schema: { type: 'object' } },
};

const STYLE: Parameter[] = ['pretty', 'noPayloadShorthand'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'boolean' },
}));

let made: OpenApi | undefined;

export function openApi(): OpenApi {
  made ??= make();
  return made;
}

function make(): OpenApi {
  const schemas: Record<string, JsonSchema> = { Error: ERROR, ...described.schemas };
  const paths: OpenApi['paths'] = {};
  const named = new Set<string>();
  for (const route of routes) {
    const operation = operationOf(route, schemas);
    // A call with another route has one more operation, as in Temporal's own description.
    if (named.has(route.rpc)) operation.operationId += '2';
    named.add(route.rpc);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  for (const [name, route] of plainRouteList)
    paths[route.path] = { [route.method.toLowerCase()]: plainOperation(name, route) };
  return {
    openapi: '3.1.0',
    info: { title: 'Perdure', version: SDK_VERSION, description: DESCRIPTION },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }, {}],
    paths,
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(route: Route, schemas: Record<string, JsonSchema>): Operation {
  const { rpc, method, path, permission } = route;
  const request = requestSchema(route, schemas);
  const inPath = namesIn(path);
  const parameters: Parameter[] = inPath.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: take(request, name.split('.')),
  }));
  const inQuery = method === 'POST' ? (route.query ?? []) : undefined;
  parameters.push(...queryParameters(request, inQuery));
  if (route.header) parameters.push({ name: route.header[0], in: 'header', schema: { type: 'string' } });
  const who = permission === 'any' ? 'anybody with a credential' : `the role ${permission}`;
  return {
    operationId: rpc,
    tags: [tagOf(path)],
    description: `Needs ${who}.${isAudited(route) ? ' Written to the audit log.' : ''}`,
    parameters: [...parameters, ...STYLE],
    ...(method === 'POST' && { requestBody: { content: { 'application/json': { schema: request } } } }),
    responses: responsesOf(rpc),
  };
}

function plainOperation(name: PlainName, route: PlainRoute): Operation {
  const { path, permission, description, query = {}, body, answers } = route;
  const string: JsonSchema = { type: 'string' };
  const inPath = namesIn(path).map(
    (one): Parameter => ({ name: one, in: 'path', required: true, schema: string }),
  );
  const inQuery = Object.entries(query).map(
    ([one, what]): Parameter => ({ name: one, in: 'query', schema: { ...string, description: what } }),
  );
  const described = Object.entries(answers).map(([status, { description, type, schema }]) => [
    status,
    { description, content: { [type]: { schema } } },
  ]);
  return {
    operationId: name,
    tags: [path.split('/')[1]!],
    description: `${description}${permission === 'reader' ? ' Needs the role reader.' : ''}`,
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { description: body, content: DELIVERY } }),
    servers: [{ url: '/' }],
    ...(permission !== 'reader' && { security: [{}] }),
    responses: { ...Object.fromEntries(described), default: FAULT },
  };
}

const namesIn = (path: string): string[] => [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);

/** What the path is about. */
function tagOf(path: string): string {
  const [first, , third] = path.split('/').slice(1);
  return (first === 'namespaces' && third ? third : first)!.replace(/-count$|-complete$|-fail$/, '');
}

function responsesOf(rpc: string): Operation['responses'] {
  const reply = described.replies[rpc] ?? {};
  if (reply.stream) {
    const schema: JsonSchema = { type: 'string' };
    return {
      200: { description: 'Events as they come.', content: { 'text/event-stream': { schema } } },
      204: { description: 'Nothing is to come any more.' },
      default: FAULT,
    };
  }
  return {
    200: { description: 'Done.', content: { 'application/json': { schema: reply } } },
    default: FAULT,
  };
}

/** The JSON schema of a request, what it refers to among the others. */
function requestSchema({ schema }: Route, schemas: Record<string, JsonSchema>): JsonSchema {
  const {
    $schema: _,
    $defs = {},
    ...request
  } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const shorthand = shorthandOf(zodSchema);
      if (!shorthand) return;
      for (const keyword of Object.keys(jsonSchema)) delete (jsonSchema as JsonSchema)[keyword];
      Object.assign(jsonSchema, shorthand);
    },
  }) as JsonSchema & { $schema?: string };
  for (const [name, definition] of Object.entries($defs)) schemas[name] = hoisted(definition);
  return hoisted(request);
}

/** What callers usually send: values as they are. */
function shorthandOf(schema: unknown): JsonSchema | undefined {
  if (schema === payload) return { description: 'Any JSON value; or a payload in the long form.' };
  if (schema !== payloads) return undefined;
  return {
    description: 'A list of JSON values; or payloads in the long form.',
    anyOf: [{ type: 'array' }, { type: 'object', properties: { payloads: { type: 'array' } } }],
  };
}

function hoisted(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}

/** Takes a field out of the schema, and answers what it was. */
function take(schema: JsonSchema, [name, ...below]: string[]): JsonSchema {
  const field = schema.properties?.[name!] ?? {};
  if (below.length > 0 && field.properties) {
    const taken = take(field, below);
    if (!field.required?.length) schema.required = schema.required?.filter((other) => other !== name);
    if (Object.keys(field.properties).length === 0) delete schema.properties![name!];
    return taken;
  }
  delete schema.properties?.[name!];
  schema.required = schema.required?.filter((other) => other !== name);
  return field;
}

/** All fields that are left, with dots; or those that are named, which the body then does not have. */
function queryParameters(schema: JsonSchema, only?: readonly string[]): Parameter[] {
  if (only) return only.map((name) => ({ name, in: 'query', schema: take(schema, [name]) }));
  const flat = (fields: JsonSchema, prefix: string): Parameter[] =>
    Object.entries(fields.properties ?? {}).flatMap(([name, field]): Parameter[] =>
      field.properties
        ? flat(field, `${prefix}${name}.`)
        : [
            {
              name: `${prefix}${name}`,
              in: 'query',
              ...(fields.required?.includes(name) && { required: true }),
              schema: field,
            },
          ],
    );
  return flat(schema, '');
}
