/** What becomes of calls that the platform loses, and of errors that objects answer. */

import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../sdk/common/errors.ts';
import { makeEngine, NS, startBody } from './engine.ts';

const platformError = (message: string, marks: object): Error => Object.assign(new Error(message), marks);
const lost = (): Error => platformError('Network connection lost.', { retryable: true });

/** Fails `times` times, then answers. */
function flaky(times: number, error: () => unknown, answer: unknown) {
  let calls = 0;
  return () => {
    if (calls++ < times) throw error();
    return answer;
  };
}
const started = { ok: { runId: 'r', started: false, status: '' } };

describe('a lost call', () => {
  it('is made again on a new stub, with growing pauses and the same request id', async () => {
    const engine = makeEngine({ request: flaky(3, lost, started) });
    const { status } = await engine.post(`${NS}/workflows/w`, startBody);
    expect(status).toBe(200);
    expect(engine.stubs.length).toBe(4);
    expect(engine.pauses).toEqual([50, 100, 200]);
    const ids = engine.asked.map(({ args }) => (args[0] as { requestId: string }).requestId);
    expect(new Set(ids)).toEqual(new Set(['id-1']));
  });

  it('keeps the request id that the client gave', async () => {
    const engine = makeEngine({ request: flaky(1, lost, started) });
    await engine.post(`${NS}/workflows/w`, { ...startBody, requestId: 'mine' });
    expect(engine.asked.map(({ args }) => (args[0] as { requestId: string }).requestId)).toEqual([
      'mine',
      'mine',
    ]);
  });

  it('is made again at most three times, then answered 503 with a correlation id', async () => {
    const engine = makeEngine({ describe: flaky(9, lost, undefined) });
    const { status, headers, body, text } = await engine.get(`${NS}/workflows/w`);
    expect([status, headers.get('retry-after'), body.code]).toEqual([503, '1', 14]);
    expect(engine.stubs.length).toBe(4);
    expect(body.message).toContain('correlation id id-1');
    expect(engine.logged.join()).toContain('id-1');
    expect(text).not.toContain(' at ');
  });

  it('that may have acted is not made again when it carries no request id', async () => {
    const engine = makeEngine({ request: flaky(1, lost, { ok: undefined }) });
    const { status, body } = await engine.post(`${NS}/workflows/w/terminate`);
    const sent = engine.stubs.filter((stub) => stub.startsWith('execution'));
    expect([status, sent.length]).toEqual([503, 1]);
    expect(body.message).toContain('it may or may not have been carried out');
  });

  it.each([
    ['signal', `${NS}/workflows/w/signal/go`, undefined, 2],
    ['cancel', `${NS}/workflows/w/cancel`, undefined, 2],
    ['heartbeat', `${NS}/workflows/w/activities/a/heartbeat`, undefined, 2],
    ['activity completion', `${NS}/workflows/w/activities/a/complete`, undefined, 1],
  ])('of a %s is made again where that is safe', async (_, path, body, calls) => {
    const engine = makeEngine({ request: flaky(1, lost, { ok: { cancelRequested: false } }) });
    await engine.post(path, body);
    expect(engine.asked.length).toBe(calls);
  });

  it('for lists and Workers is made again too', async () => {
    const engine = makeEngine({
      list: flaky(1, lost, { rows: [], more: false }),
      listWorkers: flaky(1, lost, []),
    });
    expect((await engine.get(`${NS}/workflows`)).status).toBe(200);
    expect((await engine.get(`${NS}/workers`)).status).toBe(200);
  });
});

describe('an object', () => {
  it('that is overloaded is left alone: 503 with Retry-After at once', async () => {
    const overloaded = (): Error => platformError('overloaded', { overloaded: true, retryable: true });
    const engine = makeEngine({ describe: flaky(9, overloaded, undefined) });
    const { status, headers } = await engine.get(`${NS}/workflows/w`);
    expect([status, headers.get('retry-after'), engine.stubs.length]).toEqual([503, '1', 1]);
  });

  it('that breaks is answered 500 with a correlation id: the cause is only in the log', async () => {
    const engine = makeEngine({ describe: flaky(9, () => new TypeError('secret detail'), undefined) });
    const { status, body, text } = await engine.get(`${NS}/workflows/w`);
    expect([status, engine.stubs.length]).toEqual([500, 1]);
    expect(body).toEqual({
      code: 13,
      message: 'internal error (correlation id id-1)',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'id-1' }],
    });
    expect(text).not.toContain('secret');
    expect(engine.logged.join()).toContain('secret detail');
  });

  it('answers errors as data: status, code, message and details go out as they came', async () => {
    const details = [{ '@type': 'some.type', runId: 'r' }];
    const error = new ServiceError('ALREADY_EXISTS', 'it runs already', details).toData();
    const engine = makeEngine({ request: () => ({ error }) });
    const { status, body } = await engine.post(`${NS}/workflows/w`, startBody);
    expect([status, body]).toEqual([409, { code: 6, message: 'it runs already', details }]);
    expect(engine.stubs.length).toBe(1);
  });

  it.each([
    ['NOT_FOUND', 404],
    ['INVALID_ARGUMENT', 400],
    ['FAILED_PRECONDITION', 400],
    ['RESOURCE_EXHAUSTED', 429],
    ['PAYLOAD_TOO_LARGE', 413],
    ['UNIMPLEMENTED', 501],
  ] as const)('that answers %s is answered with HTTP %i', async (code, status) => {
    const engine = makeEngine({ describe: () => ({ error: { code, message: 'no' } }) });
    const reply = await engine.get(`${NS}/workflows/w`);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('retry-after')).toBe(status === 429 ? '1' : null);
  });
});
