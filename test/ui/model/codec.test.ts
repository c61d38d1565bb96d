import { describe, expect, it } from 'vitest';
import { payloadsOf } from '../../../src/ui/codec/answer.ts';

describe('what a codec endpoint answers', () => {
  const url = 'https://codec.example/decode';

  it('is as many payloads as it was asked for', () => {
    const payloads = [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'MQ==' }, {}];
    expect(payloadsOf(url, JSON.stringify({ payloads }), 2)).toEqual(payloads);
  });

  it.each([
    ['no JSON', 'oops'],
    ['no list', '{}'],
    ['nothing', 'null'],
    ['too few', '{"payloads":[]}'],
    ['null for a payload', '{"payloads":[null]}'],
    ['a text for a payload', '{"payloads":["x"]}'],
    ['data that is no text', '{"payloads":[{"data":5}]}'],
    ['metadata that are no texts', '{"payloads":[{"metadata":{"encoding":7}}]}'],
    ['metadata that are a list', '{"payloads":[{"metadata":["x"]}]}'],
  ])('that is %s is refused by its endpoint’s name, and builds no page', (_, text) => {
    expect(() => payloadsOf(url, text, 1)).toThrow(`${url} answered something else than 1 payloads: ${text}`);
  });
});
