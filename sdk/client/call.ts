/**
 * One HTTP call to the engine: JSON both ways, long-form payloads, retried when nothing speaks against it.
 * The body is written once, before the first attempt, so that every attempt carries the same request id and the
 * engine acts at most once, however often the call travels.
 */

import { type ErrorDetail, type ServiceErrorCode, serviceErrorCodes } from '../common/errors.ts';
import { retryAfterMs } from '../common/retry-after.ts';
import { RpcError } from './errors.ts';

export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** How calls leave this process. */
export interface Transport {
  fetch: FetchFunction;
  /** For example `http://127.0.0.1:8787`, without a slash at the end. */
  baseUrl: string;
  /** Where the engine is, for error messages. */
  name: string;
  headers(): Record<string, string>;
}

export interface HttpCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL, already encoded. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
}

export interface CallLimits {
  /** Epoch milliseconds. */
  deadline?: number | Date;
  abortSignal?: AbortSignal;
  headers?: Record<string, string>;
  /** `forever`: retry until aborted; for reads that wait. Default: ten attempts, about twenty seconds. */
  patience?: 'bounded' | 'forever';
  /** Longest time of one attempt, in milliseconds; after it the attempt counts as lost. Default 30 s. */
  attemptTimeout?: number;
}

const MAX_ATTEMPTS = 10;
const ATTEMPT_TIMEOUT = 30_000;
const FIRST_DELAY = 100;
const FIRST_DELAY_WHEN_EXHAUSTED = 1_000;
const LONGEST_DELAY = 5_000;
/** A timer that is set for longer goes off at once. */
const LONGEST_TIMER = 2_147_483_647;

/** @throws RpcError when the engine refuses, cannot be reached in time, or the call is aborted. */
export async function call<T>(transport: Transport, request: HttpCall, limits: CallLimits = {}): Promise<T> {
  const url = urlOf(transport, request);
  const init: RequestInit = {
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(request.body && { 'content-type': 'application/json' }),
      ...transport.headers(),
      ...limits.headers,
    },
    ...(request.body && { body: JSON.stringify(request.body) }),
  };
  let last: RpcError | undefined;
  using guard = guardOf(limits, () => last);
  for (let attempt = 1; ; attempt++) {
    guard.signal.throwIfAborted();
    const outcome = await attemptOnce<T>(transport, url, init, limits.attemptTimeout, guard.signal);
    if ('answer' in outcome) return outcome.answer;
    guard.signal.throwIfAborted();
    last = outcome.failed;
    if (!last.retryable || (limits.patience !== 'forever' && attempt >= MAX_ATTEMPTS)) throw last;
    await pause(Math.max(delayBefore(attempt, last.status), outcome.retryAfter ?? 0), guard.signal);
  }
}

/** An abort signal that also fires at the deadline; its reason is the RpcError to throw. */
function guardOf(
  limits: CallLimits,
  lastError: () => RpcError | undefined,
): { signal: AbortSignal; [Symbol.dispose](): void } {
  const controller = new AbortController();
  const { deadline, abortSignal } = limits;
  const cancel = (): void =>
    controller.abort(new RpcError('CANCELLED', 'the call was cancelled', { cause: abortSignal?.reason }));
  if (abortSignal?.aborted) cancel();
  else abortSignal?.addEventListener('abort', cancel, { once: true });
  const expire = (): void => {
    const why = lastError()?.message;
    const message = `the deadline has passed${why ? ` (${why})` : ''}`;
    controller.abort(new RpcError('DEADLINE_EXCEEDED', message, { cause: lastError() }));
  };
  const left = Math.min(Number(deadline) - Date.now(), LONGEST_TIMER);
  const timer = deadline === undefined ? undefined : setTimeout(expire, left);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      abortSignal?.removeEventListener('abort', cancel);
    },
  };
}

interface Failed {
  failed: RpcError;
  /** Milliseconds that the engine asks for. */
  retryAfter?: number;
}

async function attemptOnce<T>(
  transport: Transport,
  url: string,
  init: RequestInit,
  timeout = ATTEMPT_TIMEOUT,
  signal: AbortSignal,
): Promise<{ answer: T } | Failed> {
  const attempt = new AbortController();
  const timer = setTimeout(() => attempt.abort(new Error(`no answer within ${timeout} ms`)), timeout);
  try {
    const response = await transport.fetch(url, {
      ...init,
      signal: AbortSignal.any([signal, attempt.signal]),
    });
    const text = await response.text();
    const outcome = readAnswer<T>(transport, response.status, text);
    return 'failed' in outcome ? { ...outcome, retryAfter: retryAfterMs(response.headers) } : outcome;
  } catch (cause) {
    return {
      failed: new RpcError(
        'UNAVAILABLE',
        `cannot reach the engine at ${transport.name}: ${reasonOf(cause)}`,
        {
          cause,
        },
      ),
    };
  } finally {
    clearTimeout(timer);
  }
}

function readAnswer<T>(
  transport: Transport,
  status: number,
  text: string,
): { answer: T } | { failed: RpcError } {
  const json = parse(text);
  if (status >= 200 && status < 300 && json !== undefined) return { answer: json as T };
  if (isErrorBody(json)) {
    return {
      failed: new RpcError(codeOf(json.code, status), json.message, { errorDetails: json.details ?? [] }),
    };
  }
  const heard = `${transport.name} answered ${status}: ${text.slice(0, 200).trim() || 'nothing'}`;
  if (status >= 500) return { failed: new RpcError('UNAVAILABLE', heard) };
  if (status === 429) return { failed: new RpcError('RESOURCE_EXHAUSTED', heard) };
  return { failed: new RpcError('UNIMPLEMENTED', `${heard} (is this the address of a Perdure engine?)`) };
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ErrorBody {
  code: number;
  message: string;
  details?: ErrorDetail[];
}
function isErrorBody(json: unknown): json is ErrorBody {
  const body = json as Partial<ErrorBody> | undefined | null;
  return typeof body?.code === 'number' && typeof body.message === 'string';
}

/** Two codes share a number (8): the HTTP status tells them apart. */
function codeOf(code: number, httpStatus: number): ServiceErrorCode {
  const names = (Object.keys(serviceErrorCodes) as ServiceErrorCode[]).filter(
    (name) => serviceErrorCodes[name].code === code,
  );
  return names.find((name) => serviceErrorCodes[name].httpStatus === httpStatus) ?? names[0] ?? 'UNKNOWN';
}

function urlOf(transport: Transport, request: HttpCall): string {
  const query = new URLSearchParams({ noPayloadShorthand: 'true' });
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return `${transport.baseUrl}${request.path}?${query}`;
}

/** Doubles from the first delay, ±20 % so that clients do not come back in step. */
function delayBefore(attempt: number, status: ServiceErrorCode): number {
  const first = status === 'RESOURCE_EXHAUSTED' ? FIRST_DELAY_WHEN_EXHAUSTED : FIRST_DELAY;
  const delay = Math.min(first * 2 ** Math.min(attempt - 1, 20), LONGEST_DELAY);
  return delay * (0.8 + 0.4 * Math.random());
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** The innermost reason: fetch hides `ECONNREFUSED` under "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return error.message || (typeof code === 'string' ? code : error.name);
}
