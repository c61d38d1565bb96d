import { describe, expect, it } from 'vitest';
import { Client, Connection, type DataConverter } from '../../sdk/client/index.ts';
import {
  ApplicationFailure,
  arrayFromPayloads,
  CompositePayloadConverter,
  DefaultFailureConverter,
  defaultDataConverter,
  defaultFailureConverter,
  defaultPayloadConverter,
  fromPayloadsAtIndex,
  JsonPayloadConverter,
  mapFromPayloads,
  type Payload,
  type PayloadCodec,
  type PayloadConverter,
} from '../../sdk/common/index.ts';
import { type PayloadsJson, payloadToJson } from '../../sdk/common/payload.ts';
import { FakeEngine } from './fake-engine.ts';

describe('a client’s data converter', () => {
  it('may be the default one or have a payload converter of its own', () => {
    const own = new CompositePayloadConverter(new JsonPayloadConverter());
    expect(new Client({ dataConverter: defaultDataConverter }).payloadConverter).toBe(
      defaultPayloadConverter,
    );
    expect(new Client({ dataConverter: { payloadConverter: own } }).payloadConverter).toBe(own);
  });

  it.each([
    ['payloadCodecs', { payloadCodecs: [{}] }, 'expected a list of objects with encode and decode'],
    ['failureConverter', { failureConverter: {} }, 'methods errorToFailure and failureToError'],
    ['payloadConverter', { payloadConverter: null }, 'methods toPayload and fromPayload'],
    ['externalStorage', { externalStorage: {} }, 'expected an ExternalStorage'],
  ])('is refused when its %s cannot be used', (name, converter, reason) => {
    const make = () => new Client({ dataConverter: converter as DataConverter });
    expect(make).toThrow(`dataConverter.${name}`);
    expect(make).toThrow(reason);
  });

  it('leaves the engine’s raw calls as they travel', async () => {
    const calls: string[] = [];
    const fetch = async (_url: string, init?: RequestInit): Promise<Response> => {
      calls.push(String(init?.body));
      return Response.json({ runId: 'r', started: true });
    };
    const double: PayloadCodec = {
      encode: async (payloads) =>
        payloads.map((p) => ({ ...p, data: new Uint8Array([...p.data!, ...p.data!]) })),
      decode: async (payloads) => payloads,
    };
    const connection = Connection.lazy({ address: { fetch } });
    const client = new Client({ connection, dataConverter: { payloadCodecs: [double] } });
    await client.workflow.start('any', { taskQueue: 'q', workflowId: 'w', args: [1] });
    const { input } = JSON.parse(calls[0]!);
    await client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'w' },
      signalName: 's',
      requestId: 'r',
      input,
    });
    expect(atob(input.payloads[0].data)).toBe('11');
    expect(JSON.parse(calls[1]!).input).toEqual(input);
  });
});

describe('the default failure converter', () => {
  const thrown = () =>
    ApplicationFailure.create({ message: 'no', type: 'Refused', details: [1], cause: new Error('why') });
  const same = { message: 'no', type: 'Refused', details: [1], cause: { message: 'why' } };

  it('gives back the error that it was given', () => {
    const { failureConverter } = defaultDataConverter;
    const failure = failureConverter.errorToFailure(thrown(), defaultPayloadConverter);
    expect(failure).toMatchObject({ message: 'no', cause: { message: 'why' } });
    const back = failureConverter.failureToError(failure, defaultPayloadConverter);
    expect(back).toBeInstanceOf(ApplicationFailure);
    expect(back).toMatchObject(same);
  });

  it('writes the texts of an error and its causes as payloads when asked to, and reads them in any case', () => {
    const encoding = new DefaultFailureConverter({ encodeCommonAttributes: true });
    const failure = encoding.errorToFailure(thrown(), defaultPayloadConverter);
    expect(JSON.stringify(failure)).not.toMatch(/"no"|"why"|data-converter\.test/);
    expect(failure).toMatchObject({ message: 'Encoded failure', cause: { message: 'Encoded failure' } });
    for (const reading of [encoding, defaultFailureConverter]) {
      const back = reading.failureToError(failure, defaultPayloadConverter);
      expect(back).toMatchObject(same);
      expect(back.stack).toContain('data-converter.test');
      expect(encoding.errorToFailure(back, defaultPayloadConverter)).toEqual(failure);
    }
  });

  it('is what programs make the payloads of raw calls with, and read those of answers with', async () => {
    const engine = new FakeEngine({ runId: 'r', started: true });
    const client = new Client({ connection: Connection.lazy({ address: engine }) });
    const { workflowService } = client;
    const { payloadConverter } = defaultDataConverter;
    const input = {
      payloads: [payloadConverter.toPayload({ n: 1 }), payloadConverter.toPayload(Buffer.from([7]))],
    };
    const execution = { namespace: 'default', workflowExecution: { workflowId: 'w' } };
    const update = { meta: { updateId: 'u' }, input: { name: 'up', args: input } };
    await workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId: 'w',
      workflowType: { name: 'any' },
      taskQueue: { name: 'q' },
      input,
    });
    await workflowService.signalWorkflowExecution({ ...execution, signalName: 's', input });
    await workflowService.updateWorkflowExecution({ ...execution, request: update });
    const taskToken = btoa('token');
    await workflowService.respondActivityTaskCompleted({ namespace: 'default', taskToken, result: input });
    const sent = engine.calls.map(({ body }) => JSON.stringify(body));
    const written = JSON.stringify({ payloads: input.payloads.map(payloadToJson) });
    expect(sent.map((body) => body.includes(written))).toEqual([true, true, true, true]);

    const { payloads } = JSON.parse(written) as PayloadsJson;
    expect(defaultPayloadConverter.fromPayload(payloads[0]!)).toEqual({ n: 1 });
    expect(arrayFromPayloads(payloadConverter, payloads)).toEqual([{ n: 1 }, new Uint8Array([7])]);
    const own = { toPayload: payloadConverter.toPayload, fromPayload: (p: Payload) => p.data?.length };
    expect(fromPayloadsAtIndex(own as PayloadConverter, 1, payloads)).toBe(1);
    expect(mapFromPayloads(payloadConverter, { a: payloads[0]! })).toEqual({ a: { n: 1 } });
  });
});
