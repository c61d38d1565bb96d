import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToBase64 } from '../../sdk/common/payload.ts';
import { replyShape, requestShape } from '../../src/api/message-shape.ts';
import { fromShorthand, toShorthand } from '../../src/api/shorthand.ts';
import { makeEngine, NS, startBody } from './engine.ts';

const base64 = (text: string): string => bytesToBase64(new TextEncoder().encode(text));
const json = (value: unknown) => ({
  metadata: { encoding: base64('json/plain') },
  data: base64(JSON.stringify(value)),
});
const nothing = { metadata: { encoding: base64('binary/null') } };
const bytes = { metadata: { encoding: base64('binary/plain') }, data: base64('\u0000bytes') };

/** Any JSON, with what shorthand itself gives a meaning to mixed in. */
const plain = fc.jsonValue({ maxDepth: 3 }).map((v) => JSON.parse(JSON.stringify(v)) as unknown);
const tricky = fc.oneof(
  plain,
  plain.map((value) => ({ payloads: [value] })),
  plain.map((value) => ({ _protoMessageType: 'a.B', value })),
  plain.map((data) => ({ metadata: { encoding: base64('json/plain') }, data })),
  fc.constant(json('looks like a payload')),
  fc.constant({ metadata: {} }),
);
const payload = fc.oneof(
  tricky.map(json),
  fc.constant(nothing),
  fc.constant(bytes),
  fc.constant({ metadata: { encoding: base64('json/plain'), kid: base64('k1') }, data: base64('1') }),
  fc.constant({
    metadata: { encoding: base64('json/protobuf'), messageType: base64('a.B') },
    data: base64('{"x":1}'),
  }),
  fc.constant({ metadata: { encoding: base64('json/plain') }, data: base64('not json') }),
);

describe('payload shorthand', () => {
  it('brings every value of a client to the engine and back unchanged', () => {
    fc.assert(
      fc.property(fc.array(plain), fc.dictionary(fc.string(), plain), (input, fields) => {
        const looksSpecial = (text: string): boolean => /"metadata"|"_protoMessageType"/.test(text);
        fc.pre(!looksSpecial(JSON.stringify([input, fields])));
        const body = { input, memo: { fields } };
        expect(toShorthand(fromShorthand(body, requestShape), requestShape)).toEqual(body);
      }),
    );
  });

  it('brings every stored payload to a client and back unchanged', () => {
    fc.assert(
      fc.property(fc.array(payload), fc.dictionary(fc.string(), payload), (payloads, fields) => {
        const stored = { input: { payloads }, memo: { fields } };
        expect(fromShorthand(toShorthand(stored, requestShape), requestShape)).toEqual(stored);
      }),
    );
  });

  it('reaches the arguments and the outcome of an update, alone and with a start', async () => {
    const outcome = { success: { payloads: [json('yes')] } };
    const engine = makeEngine({
      update: () => ({ ok: { outcome } }),
      updateWithStart: () => ({ ok: { startWorkflow: { started: false }, updateWorkflow: { outcome } } }),
    });
    const request = { meta: { updateId: 'u' }, input: { args: [1] } };
    const alone = await engine.post(`${NS}/workflows/w/update/add`, { request });
    expect(alone.body.outcome).toEqual({ success: ['yes'] });
    const body = { startWorkflow: { ...startBody, input: [2] }, updateWorkflow: { request } };
    const both = await engine.post(`${NS}/workflows/w/update-with-start/add`, body);
    expect(both.body.updateWorkflow.outcome).toEqual({ success: ['yes'] });
    expect(engine.asked[0]!.args[0]).toMatchObject({ request: { input: { args: { payloads: [json(1)] } } } });
    expect(engine.asked[1]!.args[0]).toMatchObject({
      startWorkflow: { input: { payloads: [json(2)] } },
      updateWorkflow: { request: { input: { args: { payloads: [json(1)] } } } },
    });
  });

  it('keeps a list in the long form when one of its payloads has no shorthand', () => {
    const list = { payloads: [json(1), bytes] };
    expect(toShorthand({ queryResult: list }, replyShape)).toEqual({ queryResult: list });
    const plainList = { payloads: [json(1), json({ a: null }), nothing] };
    expect(toShorthand({ queryResult: plainList }, replyShape)).toEqual({
      queryResult: [1, { a: null }, nothing],
    });
  });

  it('leaves alone what is no payload, as a foreign Worker may have sent it', () => {
    for (const odd of [null, 5, 'text', {}, { payloads: 5 }]) {
      expect(toShorthand({ queryResult: odd }, replyShape)).toEqual({ queryResult: odd });
      const memo = { memo: { fields: { odd } } };
      expect(toShorthand({ workflowExecutionInfo: memo }, replyShape)).toEqual({
        workflowExecutionInfo: memo,
      });
    }
    for (const odd of [null, 5, {}, { metadata: 5 }, { metadata: { encoding: 5 }, data: 5 }]) {
      const list = { queryResult: { payloads: [odd] } };
      expect(toShorthand(list, replyShape)).toEqual(list);
    }
  });

  it('has its own spelling for messages of Protocol Buffers', () => {
    const message = { _protoMessageType: 'a.B', x: 1 };
    const long = {
      metadata: { encoding: base64('json/protobuf'), messageType: base64('a.B') },
      data: base64('{"x":1}'),
    };
    expect(fromShorthand({ input: [message] }, requestShape)).toEqual({ input: { payloads: [long] } });
    expect(toShorthand({ input: { payloads: [long] } }, requestShape)).toEqual({ input: [message] });
  });

  it('reaches payloads in events and failures, however deep, and touches nothing else', () => {
    const failure = (message: string, details: unknown) => ({
      message,
      applicationFailureInfo: { type: 'T', details },
    });
    const history = (wrap: (...values: unknown[]) => unknown) => ({
      history: {
        events: [
          {
            eventId: '1',
            workflowExecutionStartedEventAttributes: { input: wrap('in'), details: undefined },
          },
          {
            eventId: '2',
            activityTaskFailedEventAttributes: {
              failure: { ...failure('a', wrap(1)), cause: failure('b', wrap(2)) },
            },
          },
          {
            eventId: '3',
            markerRecordedEventAttributes: { markerName: 'm', details: { data: wrap(3), input: wrap(4) } },
          },
          { eventId: '4', workflowTaskCompletedEventAttributes: { sdkMetadata: { langUsedFlags: [1] } } },
        ],
      },
    });
    const long = history((...values) => ({ payloads: values.map(json) }));
    expect(toShorthand(long, replyShape)).toEqual(history((...values) => values));
  });
});

describe('the API', () => {
  const closeEvent = { workflowExecutionCompletedEventAttributes: { result: { payloads: [json('done')] } } };
  const closed = { pending: false, runId: 'r', status: 's', closeEvent };
  const answers = {
    result: () => ({ ok: closed }),
    startAndWait: () => ({ ok: { runId: 'r', started: true, result: closed } }),
  };
  const short = { workflowExecutionCompletedEventAttributes: { result: ['done'] } };
  const result = `${NS}/workflows/w/result`;

  it('speaks shorthand unless the query or a media type says otherwise', async () => {
    const engine = makeEngine(answers);
    expect((await engine.get(result)).body.closeEvent).toEqual(short);
    expect((await engine.get(`${result}?noPayloadShorthand=false`)).body.closeEvent).toEqual(short);
    for (const query of ['?noPayloadShorthand=true', '?noPayloadShorthand', '?no_payload_shorthand=true']) {
      expect((await engine.get(result + query)).body.closeEvent).toEqual(closeEvent);
    }
    const accept = { accept: 'application/json+no-payload-shorthand' };
    expect((await engine.get(result, accept)).body.closeEvent).toEqual(closeEvent);
    const both = await engine.post(`${NS}/workflows/w/start-and-wait`, startBody);
    expect(both.body.result.closeEvent).toEqual(short);
  });

  it('takes only the long form where shorthand is off', async () => {
    const engine = makeEngine();
    const off = `${NS}/workflows/w?noPayloadShorthand=true`;
    const refused = await engine.post(off, { ...startBody, input: [1] });
    expect([refused.status, refused.body.message]).toEqual([400, 'input: expected an object, got an array']);
    const keyed = { metadata: { encoding: base64('json/plain'), kid: base64('k') }, data: base64('1') };
    expect((await engine.post(off, { ...startBody, memo: { fields: { note: keyed } } })).status).toBe(200);
    expect(engine.asked[0]!.args[0]).toMatchObject({ memo: { fields: { note: keyed } } });
  });

  it('stores one spelling of base64', async () => {
    const engine = makeEngine();
    await engine.post(`${NS}/workflows/w`, { ...startBody, input: { payloads: [{ data: '-_8' }] } });
    expect(engine.asked[0]!.args[0]).toMatchObject({ input: { payloads: [{ data: '+/8=' }] } });
  });

  it('answers on one line, or prettily on request, errors too', async () => {
    const engine = makeEngine(answers);
    expect((await engine.get(result)).text.split('\n').length).toBe(2);
    expect((await engine.get(`${result}?pretty`)).text).toContain('\n  "runId": "r"');
    expect((await engine.get('/nope', { accept: 'application/json+pretty' })).text).toContain(
      '\n  "code": 5',
    );
  });
});
