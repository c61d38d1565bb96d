/**
 * The HTTP API: Temporal's, with what it lacks. Every route of the table is served the same way: fields gathered from
 * path, query and body, validated, handled, answered in the payload form the caller asked for.
 */

import { type Context, Hono } from 'hono';
import { ServiceError } from '../../sdk/common/errors.ts';
import { SDK_VERSION } from '../../sdk/common/worker-protocol.ts';
import { whyClosed } from '../auth/authenticate.ts';
import type { Principal } from '../auth/principal.ts';
import { type Env, maxPayloadBytes } from '../env.ts';
import { Admission } from './admission.ts';
import { readBody } from './body.ts';
import { Call, type Caller } from './call.ts';
import { errorAnswer } from './error-response.ts';
import { EventStream } from './event-stream.ts';
import { camelBody, camelName, setField } from './field-names.ts';
import { type JsonObject, replyShape, requestShape } from './message-shape.ts';
import { carryTrace, measured, metricsAnswer, Ready } from './observe.ts';
import { openApi } from './openapi.ts';
import { type PlainName, plainRouteList, plainRoutes } from './plain-routes.ts';
import { type ApiPorts, platformPorts } from './ports.ts';
import { isAudited, type Route, routes } from './routes.ts';
import { fromShorthand, toShorthand } from './shorthand.ts';
import { validate } from './validate.ts';
import { serveWebSession } from './web-session.ts';
import { serveWebUi, type WebUiFiles, wantsPage } from './web-ui.ts';
import { WebhookDoor } from './webhook-door.ts';

type Bound = { Bindings: Env; Variables: { principal: Principal; style: Style } };
type ApiContext = Context<Bound>;

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
  webUi: '/ui/',
};

/** `ports`: for tests. `webUi`: from the entry alone, so that whoever else has the API needs no build. */
export function createApi(ports: ApiPorts = platformPorts, webUi: WebUiFiles = {}): Hono<Bound> {
  const app = new Hono<Bound>();
  const admission = new Admission(ports);
  const door = new WebhookDoor();
  const callOf = (c: ApiContext, principal: Principal): Call =>
    new Call(c.env, ports, callerOf(c, principal, admission, door));
  app.get('/', (c, next) => (wantsPage(c.req.header('accept')) ? c.redirect('/ui/') : next()));
  app.use(async (c, next) => {
    const principal = await admission.admit(c.env, c.req.raw);
    if (principal) c.set('principal', principal);
    await next();
  });
  app.get('/', (c) => answer(c, WELCOME));
  serveWebSession(app, (c, credential) =>
    admission.authenticate(c.env, c.req.url, new Headers({ authorization: `Bearer ${credential}` })),
  );
  serveWebUi(app, webUi);
  const plain = plainHandlers(ports, admission, door, callOf);
  for (const [name, { method, path }] of plainRouteList)
    app.on(method, path.replaceAll('{', ':').replaceAll('}', ''), (c) => plain[name](c));
  for (const route of routes) {
    const placed = placeholders(route.path);
    for (const path of [`/api/v1${route.path}`, route.bare ?? route.path]) {
      app.on(route.method, honoPath(path), async (c) => {
        const fields = Object.fromEntries(placed.map((field, i) => [field, c.req.param(`p${i}`) ?? '']));
        const reply = await serve(route, c, fields, admission, callOf);
        const { shorthand } = styleOf(c);
        if (reply instanceof EventStream)
          return reply.response((data) => (shorthand ? shortEvent(data) : data));
        return answer(c, shorthand ? (toShorthand(reply, replyShape) as object) : reply);
      });
    }
  }
  app.notFound((c) => {
    throw new ServiceError(
      'NOT_FOUND',
      `no route ${c.req.method} ${c.req.path}: /docs/api has those there are`,
    );
  });
  app.onError((error, c) => {
    const { status, headers, body } = errorAnswer(error, ports);
    return answer(c, body, status, headers);
  });
  return app;
}

function plainHandlers(
  ports: ApiPorts,
  admission: Admission,
  door: WebhookDoor,
  callOf: (c: ApiContext, principal: Principal) => Call,
): Record<PlainName, (c: ApiContext) => Response | Promise<Response>> {
  const ready = new Ready();
  return {
    GetHealth: health,
    GetOpenApi: (c) => answer(c, openApi()),
    async GetReadiness(c) {
      const readiness = await ready.ask(c.env, ports);
      return answer(c, readiness, readiness.status === 'READY' ? 200 : 503);
    },
    async GetMetrics(c) {
      const namespace = c.req.query('namespace');
      admission.authorize(c.get('principal'), plainRoutes.GetMetrics.permission, namespace);
      if (namespace !== undefined) await admission.enter(c.env, namespace);
      return metricsAnswer(c.env, namespace);
    },
    ReceiveWebhook: (c) =>
      door.receive(c.env, c.req.raw, c.req.param() as Record<'namespace' | 'webhookId', string>, {
        call: ({ webhookId }) => callOf(c, { subject: `webhook:${webhookId}`, grants: new Map() }),
        knows: (namespace) => admission.knows(c.env, namespace),
        enter: (namespace) => admission.enter(c.env, namespace),
      }),
  };
}

/** A history event by itself, as it stands in a history. */
function shortEvent(event: object): object {
  const reply = toShorthand({ history: { events: [event] } }, replyShape) as {
    history: { events: object[] };
  };
  return reply.history.events[0]!;
}

/** An engine that is open to nobody says so here, where those look who have deployed it. */
function health(c: ApiContext): Response {
  const reason = whyClosed(c.env);
  return reason ? answer(c, { status: 'NOT_SERVING', reason }, 500) : answer(c, { status: 'SERVING' });
}

function callerOf(c: ApiContext, principal: Principal, admission: Admission, door: WebhookDoor): Caller {
  return {
    principal,
    remoteAddress: c.req.header('cf-connecting-ip'),
    defer: (promise) => c.executionCtx.waitUntil(promise),
    keyRevoked: (id) => admission.keys.forget(id),
    namespaceChanged: (name) => admission.namespaces.forget(name),
    webhookChanged: (name) => door.cache.forget(name),
  };
}

async function serve(
  route: Route,
  c: ApiContext,
  /** `{ namespace, 'execution.workflowId' … }` of the path. */
  fields: Record<string, string>,
  admission: Admission,
  callOf: (c: ApiContext, principal: Principal) => Call,
): Promise<object> {
  const principal = c.get('principal');
  admission.authorize(principal, route.permission, fields.namespace);
  const call = callOf(c, principal);
  const { namespace } = fields;
  if (namespace !== undefined) await admission.enter(c.env, namespace);
  const { rpc } = route;
  return measured({ env: c.env, ports: call.ports, namespace, rpc }, call.defer, async () => {
    const request = await gather(route, c, fields);
    carryTrace(rpc, request, c.req.header('traceparent'));
    const valid = validate(route.schema, request, maxPayloadBytes(c.env));
    // Before it acts: what could not be written down is not done.
    if (isAudited(route)) await call.audit(rpc, { ...fields, ...route.auditTarget?.(valid) });
    return route.handle(valid, call);
  });
}

/** All fields of the request, wherever they stand. Nothing is decided yet about whether they are right. */
async function gather(route: Route, c: ApiContext, fields: Record<string, string>): Promise<JsonObject> {
  const body = route.method === 'GET' ? {} : await readBody(c.req.raw);
  const { shape = requestShape } = route;
  const named = camelBody(body, shape) as JsonObject;
  const request = (styleOf(c).shorthand ? fromShorthand(named, shape) : named) as JsonObject;
  for (const [name, value] of parametersOf(c)) {
    if (STYLE_PARAMETERS.has(camelName(name))) continue;
    const run = route.method === 'POST' && camelName(name) === 'execution.runId' && runField(route);
    if (run) {
      setField(request, run, value);
      continue;
    }
    if (route.method === 'POST' && !route.query?.includes(camelName(name)))
      throw new ServiceError(
        'INVALID_ARGUMENT',
        `${name}: unknown query parameter; a POST takes its fields in the body`,
      );
    setField(request, name, value);
  }
  for (const [field, value] of Object.entries(fields)) setField(request, field, value);
  const [header, field] = route.header ?? [];
  const value = header && c.req.header(header);
  // A browser that comes back names the same address, and knows more than it says.
  if (field && value) request[field] = value;
  return request;
}

/**
 * Temporal's Web UI names the run in the query when it cancels or terminates it. Temporal's own gateway overlooks that, and
 * takes the newest run; here it is the run that somebody looks at.
 */
function runField(route: Route): string | undefined {
  const id = placeholders(route.path).find((field) => field.endsWith('.workflowId'));
  return id?.replace(/workflowId$/, 'runId');
}

/** Asked several times of each request, and found out once. */
function styleOf(c: ApiContext): Style {
  const known = c.get('style');
  if (known) return known;
  const types = `${c.req.header('accept') ?? ''},${c.req.header('content-type') ?? ''}`;
  const parameters = parametersOf(c);
  const on = (name: string, word: string): boolean => {
    const value = parameters.find(([key]) => camelName(key) === name)?.[1];
    return value === undefined ? types.includes(`+${word}`) : value !== 'false';
  };
  const style = {
    shorthand: !on('noPayloadShorthand', 'no-payload-shorthand'),
    pretty: on('pretty', 'pretty'),
  };
  c.set('style', style);
  return style;
}

const parametersOf = (c: ApiContext): Array<[name: string, value: string]> =>
  c.req.url.includes('?') ? [...new URL(c.req.url).searchParams] : [];

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
