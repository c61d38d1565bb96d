/**
 * A Worker on Cloudflare: the platform's entrypoint class around the handler, with sessions over JS RPC for an engine
 * that it is bound to, and over WebSockets for one that knows its URL.
 */

import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';
import type { Duration } from '../common/duration.ts';
import type { HistoryEvent, UpdateRequestJson } from '../common/history.ts';
import { type RpcText, toRpcText } from '../common/js-rpc.ts';
import {
  type ActivityTask,
  BOUND_WORKER_HOST,
  type JsRpcMessage,
  type TextAnswer,
  type WorkerDescription,
  type WorkerRpc,
  type WorkerSession,
  type WorkflowQuery,
  type WorkflowQueryAnswer,
  type WorkflowSession,
  type WorkflowSessionInit,
  type WorkflowTaskAnswer,
  type WorkflowTaskMessage,
  type WorkflowTaskPause,
} from '../common/worker-protocol.ts';
import { DispatchVerifier, engineKeysOf } from './dispatch-verifier.ts';
import type { EngineAddress } from './engine-call.ts';
import { CLOUDFLARE_HOLD_MS } from './hold-limit.ts';
import { registerHostingWorker } from './hosting-worker.ts';
import type { WorkerOptions } from './options.ts';
import { asksForWebSocket, type CallContext, createHandler } from './serve.ts';
import type { AcceptedSession } from './sessions.ts';

/** The part of a service binding that is needed to reach the engine. */
export interface EngineBinding {
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

export interface CloudflareWorkerOptions<Env> extends Omit<WorkerOptions, 'activities'> {
  /** An object of functions, or a function of the bindings that makes one (called for each request). */
  activities?: object | ((env: Env) => object);
  /** The engine for heartbeats and late answers: a URL or a service binding. Default: the address in the task. */
  engine?: string | ((env: Env) => string | EngineBinding);
  /** Sent to the engine as a bearer token. Default: the Worker secret PERDURE_API_KEY. */
  apiKey?: (env: Env) => string;
  /**
   * Activities whose start-to-close timeout is longer run in an ActivityHost object, where the Worker has one bound as
   * `ACTIVITY_HOST`. Default 5 minutes.
   */
  hostActivitiesLongerThan?: Duration;
}

/** What the engine puts before each path: a URL that begins so has no other host. */
const BOUND_WORKER_ORIGIN = `http://${BOUND_WORKER_HOST}/`;

/** The binding of the Worker's own {@link ActivityHost} class. */
interface HostBinding {
  getByName(name: string): { run(task: ActivityTask): Promise<void> };
}

/** The class that {@link createWorker} makes; `export default` it, or extend it with methods of your own. */
export type CloudflareWorker<Env> = new (
  ctx: ExecutionContext,
  env: Env,
) => WorkerEntrypoint<Env & Cloudflare.Env> & WorkerRpc & { fetch(request: Request): Promise<Response> };

/**
 * Makes a Cloudflare Worker that serves `options.taskQueue`.
 *
 * `export default createWorker({ taskQueue: 'transfers', workflows, activities })`
 *
 * With `compatibility_flags = ["enable_request_signal"]` in its wrangler.toml the Worker notices when the engine went away
 * during an activity, and reports the result by task token; without it, only a dispatch sent again gets the result.
 *
 * @throws ValueError when an option is wrong.
 */
export function createWorker<Env = Cloudflare.Env>(
  options: CloudflareWorkerOptions<Env>,
): CloudflareWorker<Env> {
  const { activities, engine, apiKey, engineKeys, ...rest } = options;
  const fixed = typeof activities === 'function' ? undefined : activities;
  const handler = createHandler({
    ...rest,
    requestScoped: true,
    holdLimit: CLOUDFLARE_HOLD_MS,
    jsRpc: jsRpcMessages(),
    ...(fixed && { activities: fixed }),
  });
  const activitiesOf = (env: Env): object | undefined =>
    typeof activities === 'function' ? (activities as (env: Env) => object)(env) : undefined;
  const verifierOf = verifiers(engineKeys);
  const engineOf = (env: Env): EngineAddress => ({
    ...(engine !== undefined && addressOf(engine, env)),
    apiKey: apiKey?.(env) ?? (env as { PERDURE_API_KEY?: string }).PERDURE_API_KEY,
  });
  const callOf = (env: Env, ctx: ExecutionContext): CallContext => {
    const own = activitiesOf(env);
    const { ACTIVITY_HOST: host } = env as { ACTIVITY_HOST?: HostBinding };
    return {
      waitUntil(promise) {
        ctx.waitUntil(promise);
      },
      engine: engineOf(env),
      ...(own && { activities: own }),
      ...(host && { activityHost: (task: ActivityTask) => host.getByName(task.dispatchId).run(task) }),
    };
  };
  registerHostingWorker({ handler, activities: activitiesOf, engine: engineOf });

  class Worker extends WorkerEntrypoint<Env & Cloudflare.Env> implements WorkerRpc {
    override async fetch(request: Request): Promise<Response> {
      const verifier = verifierOf(this.env, request);
      if (asksForWebSocket(request)) {
        const accepted = await handler.acceptSession(request, activitiesOf(this.env), verifier);
        return accepted instanceof Response ? accepted : upgraded(accepted);
      }
      return handler.fetch(request, { ...callOf(this.env, this.ctx), signal: request.signal, verifier });
    }

    async runActivityTask(task: string): Promise<RpcText | TextAnswer> {
      const answer = await handler.activityTask(task, callOf(this.env, this.ctx));
      return answer.status === 200 ? toRpcText(answer.body) : answer;
    }

    async describeWorker(): Promise<WorkerDescription> {
      return handler.describe(activitiesOf(this.env));
    }

    async openWorkflowSession(init: WorkflowSessionInit): Promise<WorkerSession> {
      return new SessionTarget(handler.openSession(init, activitiesOf(this.env)));
    }
  }
  return Worker as unknown as CloudflareWorker<Env>;
}

/** That its caller went away, a Worker that wants to know is told over HTTP only. */
function jsRpcMessages(): JsRpcMessage[] {
  const { enable_request_signal: toldOfAborts } = Cloudflare.compatibilityFlags;
  return toldOfAborts ? ['workflowTask'] : ['activityTask', 'workflowTask'];
}

/**
 * One verifier per isolate: it remembers what came. Behind a service binding nothing is signed: only this account can have
 * called, by a host that no request from outside can name, since those are routed here by the names of the account.
 */
function verifiers(
  given: string[] | undefined,
): (env: unknown, request: Request) => DispatchVerifier | undefined {
  let made: { text: string; verifier: DispatchVerifier } | undefined;
  return (env, request) => {
    if (request.url.startsWith(BOUND_WORKER_ORIGIN)) return undefined;
    const keys = given ?? engineKeysOf(env as { PERDURE_ENGINE_KEYS?: string });
    const text = keys.join(' ');
    if (made?.text !== text) made = { text, verifier: new DispatchVerifier({ keys }) };
    return made.verifier;
  };
}

/** The run is this request's: it lives on as long as the connection, and ends with it. */
function upgraded({ headers, serve }: AcceptedSession): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  serve(server);
  server.accept();
  return new Response(null, { status: 101, headers, webSocket: client });
}

function addressOf<Env>(
  engine: NonNullable<CloudflareWorkerOptions<Env>['engine']>,
  env: Env,
): EngineAddress {
  const given = typeof engine === 'function' ? engine(env) : engine;
  if (typeof given === 'string') return { url: given };
  // Only the account itself can make a binding: to the engine it is as near as the machine that it runs on.
  return { url: 'http://localhost', fetch: (url, init) => given.fetch(url, init) };
}

/**
 * A session as the engine's object holds it: a stub to this. When the stub is disposed the platform ends the request
 * that made the session, and the run with it, often without calling the disposer.
 */
class SessionTarget extends RpcTarget implements WorkerSession {
  readonly #session: WorkflowSession;
  constructor(session: WorkflowSession) {
    super();
    this.#session = session;
  }
  feed(events: HistoryEvent[]): Promise<void> {
    return this.#session.feed(events);
  }
  runWorkflowTask(
    events: HistoryEvent[],
    updates?: UpdateRequestJson[],
  ): Promise<WorkflowTaskAnswer | WorkflowTaskPause> {
    return this.#session.runWorkflowTask(events, updates);
  }
  async runWorkflowTaskText(message: string): Promise<RpcText> {
    const { events, updates } = JSON.parse(message) as WorkflowTaskMessage;
    return toRpcText(JSON.stringify(await this.#session.runWorkflowTask(events, updates)));
  }
  proceed(): Promise<WorkflowTaskAnswer> {
    return this.#session.proceed();
  }
  query(events: HistoryEvent[], query: WorkflowQuery): Promise<WorkflowQueryAnswer> {
    return this.#session.query(events, query);
  }
  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}
