/** A `fetch` that answers as the engine would: each call takes the next answer, the last one stays. */

import { afterEach, beforeEach, vi } from 'vitest';
import { Client, Connection, type Fetcher } from '../../sdk/client/index.ts';

export interface SeenCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: Record<string, unknown>;
}

/** An answer: JSON with status 200, a Response, an Error that fetch throws, or a function of the call. */
export type Answer =
  | object
  | Response
  | Error
  | ((call: SeenCall, init: RequestInit) => Answer | Promise<Answer>);

export class FakeEngine implements Fetcher {
  readonly calls: SeenCall[] = [];
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  async fetch(input: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input);
    const call: SeenCall = {
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: new Headers(init.headers),
      body: init.body ? JSON.parse(String(init.body)) : {},
    };
    this.calls.push(call);
    let answer: Answer = this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0]!;
    if (typeof answer === 'function') answer = await answer(call, init);
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer : Response.json(answer);
  }
}

/** An engine's refusal. */
export function refusal(httpStatus: number, code: number, message: string, details: object[] = []): Response {
  return Response.json({ code, message, details }, { status: httpStatus });
}

/** What fetch throws when nobody listens. */
export const unreachable = (): Error =>
  new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });

/** Never answers, but ends when its call is aborted, as fetch does. */
export function silence(_call: SeenCall, init: RequestInit): Promise<Answer> {
  return new Promise((_, reject) => {
    init.signal!.addEventListener('abort', () => reject(init.signal!.reason as Error));
  });
}

/** A value in the long form of the wire. */
export function payloads(value: unknown): object {
  const data = btoa(JSON.stringify(value));
  return { payloads: [{ metadata: { encoding: btoa('json/plain') }, data }] };
}

export function event(eventId: number, eventType: string, attributes: object = {}): Record<string, unknown> {
  const name = eventType.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return {
    eventId: String(eventId),
    eventTime: '2026-11-21T20:00:00.000Z',
    eventType: `EVENT_TYPE_${eventType}`,
    [`${name}EventAttributes`]: attributes,
  };
}

export const closed = (closeEvent: object): object => ({
  pending: false,
  runId: 'run-1',
  status: '',
  closeEvent,
});

/** An engine that gives these answers, and a client of it. */
export function engineOf(...answers: Answer[]): { engine: FakeEngine; client: Client } {
  const engine = new FakeEngine(...answers);
  return { engine, client: new Client({ connection: Connection.lazy({ address: engine }), identity: 'me' }) };
}

/** Lets the tests of this file run on a virtual clock. */
export function useVirtualTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Waits for a promise while virtual time passes. */
export async function settle<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await vi.runAllTimersAsync();
  return promise;
}
