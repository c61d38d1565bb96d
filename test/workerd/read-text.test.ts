/** What is read of a message by the streams that the platform has of its own. */

import { expect, it } from 'vitest';
import { readText } from '../../sdk/common/read-text.ts';

const LARGE = 'é'.repeat(100_000);

it.each([
  ['nothing', ''],
  ['little', '{"a":1}'],
  ['as much as the first read takes', 'x'.repeat(4_096)],
  ['letters on the border of two reads', `x${LARGE}`],
])('%s is read whole', async (_, text) => {
  expect(await readText(new Response(text), 1_000_000)).toBe(text);
});

it('no more is read than the bound', async () => {
  expect(await readText(new Response(LARGE), 199_999)).toBeUndefined();
  expect(await readText(new Response(LARGE), 200_000)).toBe(LARGE);
});

const PIECES = ['{"a":', '"', 'x'.repeat(10_000), '"', '}'];

function ofPieces(type?: 'bytes'): ReadableStream {
  const encoder = new TextEncoder();
  const pieces = PIECES.map((piece) => encoder.encode(piece));
  return new ReadableStream({
    ...(type && { type }),
    async pull(controller: { enqueue(piece: Uint8Array): void; close(): void }) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  } as UnderlyingSource);
}

it.each<[string, () => ReadableStream]>([
  ['in pieces', () => ofPieces()],
  ['in pieces of bytes', () => ofPieces('bytes')],
  ['through a transformation', () => ofPieces().pipeThrough(new TransformStream())],
  ['through one of the platform', () => ofPieces().pipeThrough(new IdentityTransformStream())],
  [
    'compressed and back',
    () => ofPieces().pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')),
  ],
])('a body that code in front of the Worker has put together is read whole: %s', async (_, make) => {
  const request = new Request('https://worker.test/', { method: 'POST', body: make() });
  expect(await readText(request, 20_000)).toBe(PIECES.join(''));
});
