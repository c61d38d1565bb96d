import { describe, expect, it } from 'vitest';
import type { Payload } from '../../sdk/common/index.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import { mapPayloads, messageCodec } from '../../sdk/common/payload-codec.ts';

const payload = (text: string): PayloadJson => ({ metadata: { encoding: 'eA==' }, data: btoa(text) });
const marked = async (payloads: PayloadJson[]): Promise<PayloadJson[]> =>
  payloads.map(({ data }) => payload(`${atob(data!)}!`));

/** A message in which every payload's text says whether a codec must see it. */
const message = (end: '' | '!') => {
  const yes = payload(`yes${end}`);
  const no = payload('no');
  const list = { payloads: [yes, yes] };
  return {
    input: list,
    header: { fields: { a: no } },
    memo: { fields: { a: yes, payloads: yes } },
    upsertedMemo: { fields: { header: yes } },
    searchAttributes: { indexedFields: { a: no } },
    userMetadata: { summary: yes, details: yes },
    failure: {
      message: 'm',
      encodedAttributes: yes,
      applicationFailureInfo: { details: list },
      cause: { timeoutFailureInfo: { lastHeartbeatDetails: list }, encodedAttributes: yes },
    },
    markers: [{ markerName: 'core_local_activity', details: { data: { payloads: [no] }, result: list } }],
    outcome: { success: list },
    canceledFailureInfo: { details: list },
    empty: { payloads: [] },
    nothing: null,
    number: 1,
  };
};

describe('payloads of a message', () => {
  it('are found wherever Temporal’s messages have them; headers and search attributes are left alone', async () => {
    const original = message('');
    expect(await mapPayloads(original, marked)).toEqual(message('!'));
    expect(original).toEqual(message(''));
  });

  it('keep their places however long a codec takes for each, with few calls at a time', async () => {
    let running = 0;
    let most = 0;
    const slow = async (payloads: PayloadJson[]): Promise<PayloadJson[]> => {
      most = Math.max(most, ++running);
      for (let i = 1 + (Number(atob(payloads[0]!.data!)) % 7); i > 0; i--) await Promise.resolve();
      running--;
      return marked(payloads);
    };
    const numbers = Array.from({ length: 100 }, (_, i) => ({ input: { payloads: [payload(String(i))] } }));
    const mapped = await mapPayloads(numbers, slow);
    expect(mapped.map(({ input }) => atob(input.payloads[0]!.data!))).toEqual(numbers.map((_, i) => `${i}!`));
    expect(most).toBe(20);
  });
});

describe('codecs', () => {
  const appending = (letter: string) => ({
    encode: async (payloads: Payload[]) =>
      payloads.map((p) => ({ ...p, data: new Uint8Array([...p.data!, letter.charCodeAt(0)]) })),
    decode: async (payloads: Payload[]) =>
      payloads.map((p) => {
        if (p.data!.at(-1) !== letter.charCodeAt(0)) throw new Error(`not by ${letter}`);
        return { ...p, data: p.data!.slice(0, -1) };
      }),
  });

  it('encode in order and decode in the opposite order', async () => {
    const codec = messageCodec([appending('a'), appending('b')]);
    const encoded = await codec.encode({ input: { payloads: [payload('x')] } });
    expect(encoded.input.payloads).toEqual([payload('xab')]);
    expect(await codec.decode(encoded)).toEqual({ input: { payloads: [payload('x')] } });
    await expect(messageCodec([appending('b'), appending('a')]).decode(encoded)).rejects.toThrow('not by a');
  });

  it('must answer with as many payloads as they got', async () => {
    const losing = { encode: async () => [], decode: async (payloads: Payload[]) => payloads };
    const encoding = messageCodec([losing]).encode({ input: { payloads: [payload('x')] } });
    await expect(encoding).rejects.toThrow('answered encode of 1 payloads with 0');
  });
});
