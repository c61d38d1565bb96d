/** The engine's HTTP API, as the pages call it. Payloads travel in the long form, which loses nothing. */

import { decoded, encoded } from './codec/codec.ts';
import { withFailureTexts } from './payload.ts';

const LONG_FORM = 'application/json+no-payload-shorthand';

/** What the engine said when it refused, as it said it. */
export class ApiError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface CallOptions {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  /** Payloads pass as they are, past the codec endpoint. */
  raw?: true;
}

let refused: () => void = () => undefined;
/** Called when the engine wants to know who asks. */
export function onUnauthenticated(listener: () => void): void {
  refused = listener;
}

/** The engine makes a cookie of it that no script can read. @throws ApiError when it is none */
export const logIn = (credential: string): Promise<unknown> => session('POST', { credential });
export const logOut = (): Promise<unknown> => session('DELETE');

async function session(method: string, body?: object): Promise<void> {
  const init = {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
  const response = await send('/ui/session', init);
  if (response.ok) return;
  const answer = (await response.json().catch(() => undefined)) as { message?: string } | undefined;
  throw new ApiError(answer?.message ?? `HTTP ${response.status}`, response.status);
}

const send = (url: string | URL, init: RequestInit): Promise<Response> =>
  fetch(url, init).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The engine does not answer.', 0);
  });

/** @throws ApiError when the engine refuses or does not answer; DOMException when it was aborted. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const { query = {}, body: given, signal, raw } = options;
  const namespace = namespaceOf(path);
  const codec = raw === undefined && namespace !== undefined;
  const body = codec ? await encoded(namespace, given) : given;
  const url = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  const init: RequestInit = {
    method,
    headers: {
      accept: LONG_FORM,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  const response = await send(url, init);
  const answer = (await response.json().catch(() => undefined)) as (T & { message?: string }) | undefined;
  if (response.ok && answer !== undefined)
    return raw ? answer : withFailureTexts(codec ? await decoded(namespace, answer, signal) : answer);
  if (response.status === 401) refused();
  throw new ApiError(answer?.message ?? `HTTP ${response.status}`, response.status);
}

const namespaceOf = (path: string): string | undefined => {
  const encodedName = /^\/namespaces\/([^/]+)\//.exec(path)?.[1];
  return encodedName && decodeURIComponent(encodedName);
};
