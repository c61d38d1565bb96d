import { deepEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import * as codec from '../../sdk/common/codec-helpers.ts';
import { defaultDataConverter, type LoadedDataConverter } from '../../sdk/common/data-converter.ts';
import { ValueError } from '../../sdk/common/errors.ts';
import { ApplicationFailure } from '../../sdk/common/failure.ts';
import { defaultPayloadConverter, type Payload } from '../../sdk/common/payload.ts';
import * as enums from '../../sdk/common/proto-enums.ts';
import {
  historyFromJSON,
  historyToJSON,
  JSONToPayload,
  payloadToJSON,
} from '../../sdk/common/proto-utils.ts';
import { defineSearchAttributeKey } from '../../sdk/common/search-attributes.ts';
import type { TemporalFile } from '../../sdk/common/temporal-files.ts';
import * as internals from '../../sdk/common/temporal-internals.ts';
import * as time from '../../sdk/common/time.ts';
import * as helpers from '../../sdk/common/type-helpers.ts';
import { temporalAliases } from '../../sdk/temporal/aliases.ts';
import { executionInfoFromRaw } from '../../sdk/temporal/execution-info.ts';
import { inMessages } from '../../sdk/temporal/raw-messages.ts';
import { eventsOf } from '../../sdk/worker/history-json.ts';
import { sdkName } from '../../sdk/worker/package-entries.ts';

describe('times and durations by the names of a file inside of Temporal’s packages', () => {
  it('are read from JSON and from messages', () => {
    expect(time.tsToMs('1.5s')).toBe(1_500);
    expect(time.tsToMs('1970-01-01T00:00:02.25Z')).toBe(2_250);
    expect(time.tsToMs({ seconds: '3', nanos: 7_900_000 })).toBe(3_007);
    expect(time.tsToMs({ seconds: null })).toBe(0);
    expect(time.tsToDate('1970-01-01T00:00:02Z')).toEqual(new Date(2_000));
    expect(time.requiredTsToDate({ seconds: 2n }, 'at')).toEqual(new Date(2_000));
  });

  it('are written as requests and histories have them', () => {
    expect(time.msToTs('1 day')).toBe('86400s');
    expect(time.msNumberToTs(1_500)).toBe('1.500s');
    expect(time.optionalDateToTs(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
    expect(time.msOptionalToTs(0)).toBe('0s');
  });

  it('pass what is absent through, or say that it is', () => {
    expect([time.msOptionalToTs(null), time.optionalTsToMs(undefined), time.optionalTsToDate(null)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(time.optionalDateToTs(undefined)).toBeUndefined();
    expect(() => time.tsToMs(undefined)).toThrow('Expected timestamp, got undefined');
    expect(() => time.requiredTsToMs(null, 'eventTime')).toThrow(
      new TypeError('Expected eventTime to be a timestamp, got null'),
    );
    expect(() => time.tsToMs('soon')).toThrow('Neither a duration nor a time: "soon"');
  });
});

describe('histories and payloads by the names of a file inside of Temporal’s packages', () => {
  const event = {
    eventId: '1',
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
    workflowExecutionStartedEventAttributes: { workflowType: { name: 'greet' } },
  };

  it('become a text that can be replayed again', () => {
    const text = historyToJSON(historyFromJSON({ events: [event] }));
    expect(text.split('\n')[0]).toBe('{');
    expect(eventsOf(JSON.parse(text))).toEqual([event]);
    expect(() => historyFromJSON({})).toThrow('Invalid history, expected an object with an array of events');
    expect(() => historyFromJSON(undefined)).toThrow(TypeError);
  });

  it('have their bytes in base64', () => {
    const payload = defaultPayloadConverter.toPayload('hello');
    expect(payloadToJSON(payload)).toEqual({
      metadata: { encoding: btoa('json/plain') },
      data: btoa('"hello"'),
    });
    expect(defaultPayloadConverter.fromPayload(JSONToPayload(payloadToJSON(payload)))).toBe('hello');
    // Programs compare it with payloads of a history: it is a message as they are.
    const { result } = historyFromJSON({
      events: [
        { workflowExecutionCompletedEventAttributes: { result: { payloads: [payloadToJSON(payload)] } } },
      ],
    }).events[0]!.workflowExecutionCompletedEventAttributes!;
    deepEqual(JSONToPayload(payloadToJSON(payload)), result!.payloads![0]);
  });
});

describe('small helpers by the names of a file inside of Temporal’s packages', () => {
  it('tell errors by their shape, and read what they say', () => {
    const foreign = { name: 'AbortError', message: 'enough' };
    expect([foreign, new Error('x'), 'x', null].map(helpers.isError)).toEqual([true, true, false, false]);
    expect([foreign, new Error('x')].map(helpers.isAbortError)).toEqual([true, false]);
    expect([foreign, 'text', 5].map(helpers.errorMessage)).toEqual(['enough', 'text', undefined]);
    expect([{ code: 'ENOENT' }, { code: 5 }, undefined].map(helpers.errorCode)).toEqual([
      'ENOENT',
      undefined,
      undefined,
    ]);
    const { hasOwnProperty: owns } = helpers;
    const record: Record<string, unknown> = { a: 1 };
    expect([owns(record, 'a'), owns(record, 'b')]).toEqual([true, false]);
    expect(helpers.hasOwnProperties(record, ['a', 'b'])).toBe(false);
    expect(helpers.checkExtends<object, { a: 1 }>()).toBeUndefined();
    expect(() => helpers.assertNever('no such kind', 'x' as never)).toThrow(new TypeError('no such kind: x'));
  });

  it('have instanceof hold between two copies of a class, and not for its subclasses', () => {
    const [One, Other] = [class extends Error {}, class extends Error {}];
    for (const copy of [One, Other]) helpers.SymbolBasedInstanceOfError('OutOfStock')(copy);
    class Narrower extends One {}
    expect(new One('none')).toMatchObject({ name: 'OutOfStock', message: 'none' });
    expect(new One() instanceof Other).toBe(true);
    expect(new Narrower() instanceof Other).toBe(true);
    expect(new One() instanceof Narrower).toBe(false);
    expect(new Error('x') instanceof One).toBe(false);
  });
});

describe('search attributes by the names of a file inside of Temporal’s packages', () => {
  const color = defineSearchAttributeKey('Color', 'KEYWORD');
  const since = new Date('2026-01-02T03:04:05.000Z');

  it('are payloads in bytes, typed or not', () => {
    const fields = internals.encodeUnifiedSearchAttributes({ Color: ['red'], Sizes: [1, 2] }, [
      { key: color, value: 'blue' },
    ]);
    expect(new TextDecoder().decode(fields.Color!.data!)).toBe('"blue"');
    expect(internals.decodeTypedSearchAttributes(fields).getAll()).toEqual([{ key: color, value: 'blue' }]);
    expect(internals.decodeSearchAttributes(fields)).toEqual({ Color: ['blue'], Sizes: [1, 2] });
    expect(internals.decodeSearchAttributes(null)).toEqual({});
    expect(internals.decodeTypedSearchAttributes(undefined).getAll()).toEqual([]);
  });

  it('are converted one by one', () => {
    const converter = internals.searchAttributePayloadConverter;
    expect(converter.fromPayload(converter.toPayload(['a', 'b']))).toEqual(['a', 'b']);
    const { Since } = internals.encodeUnifiedSearchAttributes(undefined, [
      { key: defineSearchAttributeKey('Since', 'DATETIME'), value: since },
    ]);
    expect(converter.fromPayload(Since!)).toEqual([since]);
    expect(() => converter.toPayload('a')).toThrow(ValueError);
    expect(() => converter.fromPayload({})).toThrow('Missing payload metadata');
  });
});

describe('other things inside of Temporal’s packages', () => {
  it('lay objects over each other', () => {
    const original = { a: 1, b: { c: 2, d: [1] } };
    expect(internals.mergeObjects(original, { a: 1 })).toBe(original);
    expect(internals.mergeObjects<Record<string, unknown>>(original, { a: undefined, e: 5 })).toEqual({
      b: original.b,
      e: 5,
    });
    expect(internals.mergeObjects(undefined, original)).toBe(original);
    expect(internals.deepMerge<Record<string, unknown>>(original, { b: { d: [2], e: 3 } })).toEqual({
      a: 1,
      b: { c: 2, d: [2], e: 3 },
    });
  });

  it('know reserved names, TLS and whether a data converter is loaded', () => {
    expect(() => internals.throwIfReservedName('signal', `${internals.TEMPORAL_RESERVED_PREFIX}x`)).toThrow(
      "Cannot use signal name: '__temporal_x', with reserved prefix: '__temporal_'",
    );
    for (const name of [internals.STACK_TRACE_QUERY_NAME, internals.ENHANCED_STACK_TRACE_QUERY_NAME])
      expect(() => internals.throwIfReservedName('query', name)).toThrow('which is a reserved name');
    expect([undefined, null, false, true].map((tls) => internals.normalizeTlsConfig(tls))).toEqual([
      undefined,
      undefined,
      undefined,
      {},
    ]);
    expect(internals.normalizeTlsConfig(undefined, 'key')).toEqual({});
    expect(internals.isLoadedDataConverter({})).toBe(false);
    expect(internals.isLoadedDataConverter(internals.loadDataConverter())).toBe(true);
  });

  it('are found by every tool that makes Temporal’s names ours', () => {
    const files = ['common/lib/reserved', 'common/lib/internal-workflow', 'common/lib/interceptors'];
    for (const file of files.map((name) => `@temporalio/${name}` as TemporalFile)) {
      expect(temporalAliases.esbuild[file]).toBe('perdure/common/temporal-internals');
      expect(sdkName(file)).toBe('common/temporal-internals');
    }
  });
});

describe('the converters of enumerations', () => {
  it('know the numbers of cancellation types, which begin at 0', () => {
    expect(['TRY_CANCEL', 'ABANDON', 1, undefined].map(enums.encodeActivityCancellationType)).toEqual([
      0,
      2,
      1,
      undefined,
    ]);
    expect([0, 1, 3, null].map(enums.decodeActivityCancellationType)).toEqual([
      'TRY_CANCEL',
      'WAIT_CANCELLATION_COMPLETED',
      'unknown_3',
      undefined,
    ]);
    expect(() => enums.encodeActivityCancellationType('NEVER')).toThrow('Invalid enum value');
  });

  it('know the numbers of search attribute types and of versioning behaviors', () => {
    expect(enums.encodeSearchAttributeIndexedValueType('KEYWORD_LIST')).toBe(7);
    expect(enums.encodeSearchAttributeIndexedValueType('INDEXED_VALUE_TYPE_TEXT')).toBe(1);
    expect(enums.decodeSearchAttributeIndexedValueType(6)).toBe('DATETIME');
    expect(enums.encodeVersioningBehavior('AUTO_UPGRADE')).toBe(2);
    expect(enums.decodeVersioningBehavior(1)).toBe('PINNED');
    expect(enums.encodeInitialVersioningBehavior('USE_RAMPING_VERSION')).toBe(2);
    expect(enums.decodeInitialVersioningBehavior(0)).toBeUndefined();
  });
});

/** Codecs that see each other's mark last first. */
const marking = (mark: number) => ({
  encode: async (payloads: Payload[]) =>
    payloads.map((payload) => ({ ...payload, data: new Uint8Array([...payload.data!, mark]) })),
  decode: async (payloads: Payload[]) =>
    payloads.map((payload) => {
      expect(payload.data!.at(-1)).toBe(mark);
      return { ...payload, data: payload.data!.slice(0, -1) };
    }),
});
const marked: LoadedDataConverter = { ...defaultDataConverter, payloadCodecs: [marking(1), marking(2)] };

describe('values through a data converter by the names of files inside of Temporal’s packages', () => {
  it('pass its codecs both ways', async () => {
    const payloads = await codec.encodeToPayloads(marked, 'a', { b: 2 });
    expect(payloads!.map(({ data }) => [...data!.slice(-2)])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(await codec.decodeArrayFromPayloads(marked, payloads)).toEqual(['a', { b: 2 }]);
    expect(await codec.decodeFromPayloadsAtIndex(marked, 1, payloads)).toEqual({ b: 2 });
    expect(await codec.decodeOptionalSinglePayload(marked, payloads![0])).toBe('a');
    const map = await codec.encodeMapToPayloads(marked, { memo: 5 });
    expect(await codec.decodeMapFromPayloads(marked, map)).toEqual({ memo: 5 });
  });

  it('are single payloads and failures, too', async () => {
    const [payload] = (await codec.encodeToPayloads(marked, 'a'))!;
    expect(await codec.decodeOptionalSingle(marked.payloadCodecs, payload)).toEqual(
      defaultPayloadConverter.toPayload('a'),
    );
    expect(await codec.decodeOptionalSingle(marked.payloadCodecs, null)).toBeNull();
    const failure = { message: 'no', applicationFailureInfo: { type: 'No' } };
    const encoded = await codec.encodeFailure(marked.payloadCodecs, failure);
    expect(await codec.decodeFailure(marked.payloadCodecs, encoded)).toEqual(failure);
  });

  it('are what a codec is told that they are for, where the program says so', async () => {
    const context = { type: 'activity', namespace: 'default', isLocal: true } as const;
    const told: unknown[] = [];
    const tell = async (payloads: Payload[], given?: unknown): Promise<Payload[]> => {
      told.push(given);
      return payloads;
    };
    const telling = { encode: tell, decode: tell };
    await codec.decode([telling], await codec.encode([telling], [], context), context);
    expect(told).toEqual([context, context]);
  });

  it('may be absent', async () => {
    expect(await codec.encodeToPayloads(marked)).toBeUndefined();
    expect(await codec.decodeArrayFromPayloads(marked, null)).toEqual([]);
    expect(await codec.decodeOptionalSinglePayload(marked, undefined)).toBeUndefined();
    expect(await codec.decodeMapFromPayloads(marked, null)).toBeUndefined();
    expect(await codec.decodeOptionalFailureToOptionalError(marked, null)).toBeUndefined();
  });

  it('are errors, too', async () => {
    const failure = await codec.encodeErrorToFailure(marked, ApplicationFailure.nonRetryable('no', 'No', 7));
    const error = await codec.decodeOptionalFailureToOptionalError(marked, failure);
    expect(error).toMatchObject({ message: 'no', type: 'No', details: [7] });
  });

  it('are runs that a service has listed', async () => {
    const raw = inMessages.info({
      ...{ type: { name: 'greet' }, execution: { workflowId: 'w', runId: 'r' }, taskQueue: 'q' },
      ...{
        status: 'WORKFLOW_EXECUTION_STATUS_RUNNING',
        startTime: '2026-01-01T00:00:00Z',
        historyLength: '3',
      },
    } as Parameters<typeof inMessages.info>[0]);
    const info = await executionInfoFromRaw(raw, defaultDataConverter, raw);
    expect(info).toMatchObject({
      ...{ workflowId: 'w', type: 'greet', historyLength: 3, startTime: new Date('2026-01-01') },
      status: { code: 1, name: 'RUNNING' },
    });
    expect(info.raw).toBe(raw);
  });
});
