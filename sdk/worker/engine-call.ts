/** Calls of a Worker to the engine's HTTP API: heartbeats, late answers, registration. */

import type { HeartbeatReply } from '../activity/heartbeat.ts';
import { retryAfterMs } from '../common/retry-after.ts';
import type { ActivityTask, ActivityTaskAnswer } from '../common/worker-protocol.ts';

const CALL_TIMEOUT_MS = 10_000;

export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** How the engine is reached: `url` is its base; `fetch` stands for the global one, for example a service binding's. */
export interface EngineAddress {
  url?: string;
  fetch?: FetchFunction;
  /** Sent as a bearer token. */
  apiKey?: string;
}

export interface EngineReply {
  status: number;
  /** The decoded answer, or `{}` where there was no JSON. */
  body: { message?: string; [field: string]: unknown };
  /** When it wants to be asked again: in so many milliseconds. 0: it does not say. */
  retryAfterMs: number;
}

/** One request to the engine. Rejects when it was not reached in time. */
export async function callEngine(
  engine: EngineAddress,
  method: string,
  path: string,
  body?: unknown,
): Promise<EngineReply> {
  if (engine.url === undefined) throw new Error('The address of the engine is not known to this Worker');
  const send: FetchFunction = engine.fetch ?? ((url, init) => fetch(url, init));
  const response = await send(`${engine.url.replace(/\/+$/, '')}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(engine.apiKey && { authorization: `Bearer ${engine.apiKey}` }),
    },
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: parseObject(text), retryAfterMs: retryAfterMs(response.headers) };
}

function parseObject(text: string): EngineReply['body'] {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as EngineReply['body']) : {};
  } catch {
    return {};
  }
}

/** The Worker's own setting, else what the engine said of itself in the task. */
export function engineOf(task: ActivityTask, engine: EngineAddress): EngineAddress {
  return engine.url === undefined && task.engineUrl !== undefined
    ? { ...engine, url: task.engineUrl }
    : engine;
}

function activityPath(task: ActivityTask, verb: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(task.namespace)}/activity-${verb}?noPayloadShorthand=true`;
}

export async function recordHeartbeat(
  task: ActivityTask,
  engine: EngineAddress,
  request: object,
): Promise<HeartbeatReply> {
  const { status, body, retryAfterMs } = await callEngine(
    engineOf(task, engine),
    'POST',
    activityPath(task, 'heartbeat'),
    request,
  );
  if (status === 404) return { notFound: true };
  if (status === 413) return { refused: body.message ?? 'they are too large' };
  if (retryAfterMs > 0) return { busyForMs: retryAfterMs };
  if (status >= 300) throw new Error(`HTTP ${status}: ${body.message ?? 'heartbeat refused'}`);
  const { cancelRequested, activityPaused, activityReset } = body;
  return {
    cancelRequested: cancelRequested === true,
    activityPaused: activityPaused === true,
    activityReset: activityReset === true,
  };
}

/** Answers a task by its token, outside of the call that brought it. */
export function respondByToken(
  task: ActivityTask,
  engine: EngineAddress,
  answer: ActivityTaskAnswer,
): Promise<EngineReply> {
  const [verb, fields] =
    'completed' in answer
      ? ['complete', answer.completed]
      : 'failed' in answer
        ? ['fail', answer.failed]
        : ['resolve-as-canceled', answer.canceled];
  const body = { taskToken: task.taskToken, ...fields };
  return callEngine(engineOf(task, engine), 'POST', activityPath(task, verb as string), body);
}
