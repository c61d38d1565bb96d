/**
 * The HTTP API: Temporal's, with what it lacks. Every route of the table is served the same way: fields gathered from
 * path, query and body, validated, handled, answered in the payload form the caller asked for.
 */

import { type Context, Hono } from 'hono';
import { ServiceError } from '../../sdk/common/errors.ts';
import { SDK_VERSION } from '../../sdk/common/worker-protocol.ts';
import { type Env, maxPayloadBytes } from '../env.ts';
import { readBody } from './body.ts';
import { Call } from './call.ts';
import { errorAnswer } from './error-response.ts';
import { camelBody, camelName, setField } from './field-names.ts';
import { refuseStrangers } from './loopback.ts';
import { type JsonObject, replyShape, requestShape } from './message-shape.ts';
import { type ApiPorts, platformPorts } from './ports.ts';
import { type Route, routes } from './routes.ts';
import { fromShorthand, toShorthand } from './shorthand.ts';
import { validate } from './validate.ts';

type ApiContext = Context<{ Bindings: Env }>;

/** How the caller wants its JSON: by query (`?pretty`) or by media type (`application/json+pretty`). */
interface Style {
  shorthand: boolean;
  pretty: boolean;
}

const STYLE_PARAMETERS = new Set(['pretty', 'noPayloadShorthand']);

const WELCOME = {
  name: 'Perdure',
  version: SDK_VERSION,
  what: 'a durable execution engine with the HTTP API of Temporal',
  api: '/api/v1/namespaces/default/workflows',
  health: '/health',
};

/** `ports`: for tests. */
export function createApi(ports: ApiPorts = platformPorts): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.use(async (c, next) => {
    refuseStrangers(c.req.url, c.req.raw.headers);
    await next();
  });
  app.get('/', (c) => answer(c, WELCOME));
  app.get('/health', (c) => answer(c, { status: 'SERVING' }));
  for (const route of routes) {
    for (const path of [`/api/v1${route.path}`, route.bare ?? route.path]) {
      app.on(route.method, honoPath(path), async (c) => {
        const reply = await serve(route, c, ports);
        const { shorthand } = styleOf(c);
        return answer(c, shorthand ? (toShorthand(reply, replyShape) as object) : reply);
      });
    }
  }
  app.notFound((c) => {
    throw new ServiceError('NOT_FOUND', `no route ${c.req.method} ${c.req.path}`);
  });
  app.onError((error, c) => {
    const { status, headers, body } = errorAnswer(error, ports);
    return answer(c, body, status, headers);
  });
  return app;
}

async function serve(route: Route, c: ApiContext, ports: ApiPorts): Promise<object> {
  const call = new Call(c.env, ports, (promise) => c.executionCtx.waitUntil(promise));
  const request = await gather(route, c);
  if (typeof request.namespace === 'string') call.requireNamespace(request.namespace);
  return route.handle(validate(route.schema, request, maxPayloadBytes(c.env)), call);
}

/** All fields of the request, wherever they stand. Nothing is decided yet about whether they are right. */
async function gather(route: Route, c: ApiContext): Promise<JsonObject> {
  const body = route.method === 'GET' ? {} : await readBody(c.req.raw);
  const named = camelBody(body, requestShape) as JsonObject;
  const request = (styleOf(c).shorthand ? fromShorthand(named, requestShape) : named) as JsonObject;
  for (const [name, value] of new URL(c.req.url).searchParams) {
    if (STYLE_PARAMETERS.has(camelName(name))) continue;
    if (route.method === 'POST' && !route.query?.includes(camelName(name)))
      throw new ServiceError(
        'INVALID_ARGUMENT',
        `${name}: unknown query parameter; a POST takes its fields in the body`,
      );
    setField(request, name, value);
  }
  placeholders(route.path).forEach((field, i) => {
    setField(request, field, c.req.param(`p${i}`));
  });
  return request;
}

function styleOf(c: ApiContext): Style {
  const types = `${c.req.header('accept') ?? ''},${c.req.header('content-type') ?? ''}`;
  const parameters = [...new URL(c.req.url).searchParams];
  const on = (name: string, word: string): boolean => {
    const value = parameters.find(([key]) => camelName(key) === name)?.[1];
    return value === undefined ? types.includes(`+${word}`) : value !== 'false';
  };
  return { shorthand: !on('noPayloadShorthand', 'no-payload-shorthand'), pretty: on('pretty', 'pretty') };
}

function answer(c: ApiContext, body: object, status = 200, headers: Record<string, string> = {}): Response {
  const { pretty } = styleOf(c);
  return new Response(`${JSON.stringify(body, null, pretty ? 2 : 0)}\n`, {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

/** `…/{execution.workflowId}` → `execution.workflowId`. */
function placeholders(path: string): string[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);
}

/** Placeholders are numbered, because Hono's names cannot have dots. */
function honoPath(path: string): string {
  let i = 0;
  return path.replace(/\{[^}]+\}/g, () => `:p${i++}`);
}
