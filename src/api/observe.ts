/** What those who watch an engine ask: its metrics, and whether it is alive and ready. */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { HeaderJson } from '../../sdk/common/history.ts';
import { carryTraceparent, parseTraceparent, traceparentOf } from '../../sdk/common/trace-context.ts';
import { whyClosed } from '../auth/authenticate.ts';
import { allNamespaces } from '../auth/namespace-cache.ts';
import { systemObject } from '../auth/system-object.ts';
import type { Env } from '../env.ts';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../observability/prometheus.ts';
import { gatherMetrics } from '../visibility/metrics.ts';
import { isObject, type JsonObject } from './message-shape.ts';
import type { ApiPorts } from './ports.ts';

/** Anybody may ask whether the engine is ready: its objects hear of it no more often than this. */
const READY_TTL_MS = 5_000;

/** Of one namespace, or of all. */
export async function metricsAnswer(env: Env, namespace: string | undefined): Promise<Response> {
  const names = namespace === undefined ? (await allNamespaces(env)).map(({ name }) => name) : [namespace];
  const samples = await Promise.all(names.map((name) => gatherMetrics(env, name)));
  return new Response(prometheusText(samples.flat()), {
    headers: { 'content-type': PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' },
  });
}

export interface Readiness {
  status: 'READY' | 'NOT_READY';
  reason?: string;
}

/** Do the engine's objects answer? */
export class Ready {
  #last: { readiness: Readiness; time: number } | undefined;

  async ask(env: Env, ports: ApiPorts): Promise<Readiness> {
    const closed = whyClosed(env);
    if (closed) return { status: 'NOT_READY', reason: closed };
    const time = Date.now();
    if (this.#last && time - this.#last.time < READY_TTL_MS && time >= this.#last.time)
      return this.#last.readiness;
    const readiness = await this.#look(env, ports);
    this.#last = { readiness, time };
    return readiness;
  }

  async #look(env: Env, ports: ApiPorts): Promise<Readiness> {
    try {
      await systemObject(env).findApiKey('');
      return { status: 'READY' };
    } catch (error) {
      ports.logger.error('not ready', { reason: String(error) });
      return { status: 'NOT_READY', reason: 'the objects of this engine do not answer' };
    }
  }
}

/** Counts a request to the API and how long it took, by its RPC. */
export async function measured<T>(
  { env, ports, namespace, rpc }: { env: Env; ports: ApiPorts; namespace: string | undefined; rpc: string },
  keepAlive: (promise: Promise<unknown>) => void,
  work: () => Promise<T>,
): Promise<T> {
  // What belongs to no namespace is rare, and a namespace that nobody knows is nobody's.
  const measures = namespace === undefined ? undefined : ports.measures?.(env, namespace, keepAlive);
  if (!measures) return work();
  const start = Date.now();
  let code = 'OK';
  try {
    return await work();
  } catch (error) {
    code = error instanceof ServiceError ? error.code : 'INTERNAL';
    throw error;
  } finally {
    measures.count('perdure_api_requests_total', [rpc, code]);
    measures.observe('perdure_api_request_seconds', [rpc], (Date.now() - start) / 1_000);
  }
}

/** Where in a request the workflow's headers stand. */
const STARTS: Record<string, (request: JsonObject) => unknown> = {
  StartWorkflowExecution: (request) => request,
  StartAndWait: (request) => request,
  SignalWithStartWorkflowExecution: (request) => request,
  ExecuteMultiOperation: ({ startWorkflow }) => startWorkflow,
};

/** The caller's trace goes on in the run that it starts: as a header of the workflow, unless it has one already. */
export function carryTrace(rpc: string, request: JsonObject, traceparent: string | undefined): void {
  const context = parseTraceparent(traceparent);
  const start = context && STARTS[rpc]?.(request);
  if (!context || !isObject(start)) return;
  const { header = {} } = start;
  // What is malformed is refused by its schema.
  if (!isObject(header) || !isObject(header.fields ?? {})) return;
  start.header = carryTraceparent(header as unknown as HeaderJson, traceparentOf(context));
}
