/** Reading what somebody else sent, with a bound. */

/** Most messages are smaller: they come with the first read. */
const FIRST_READ_BYTES = 4_096;
const READ_BYTES = 65_536;

/** What workerd's streams have: one call that comes back with so many bytes, or with fewer at the end of the stream. */
interface AtLeastReader {
  readAtLeast(minBytes: number, buffer: Uint8Array): Promise<{ done: boolean; value?: Uint8Array }>;
}
const readsAtLeast =
  typeof ReadableStreamBYOBReader !== 'undefined' && 'readAtLeast' in ReadableStreamBYOBReader.prototype;

/** The whole text of a request or answer; `undefined` when it has more bytes than that, of which no more are read. */
export async function readText(message: Request | Response, maxBytes: number): Promise<string | undefined> {
  if (Number(message.headers.get('content-length') ?? 0) > maxBytes) {
    await message.body?.cancel();
    return undefined;
  }
  const { body } = message;
  if (!body) return '';
  const { read, cancel } = (readsAtLeast && largeReads(body)) || plainReads(body);
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { last, value } = await read();
    bytes += value?.byteLength ?? 0;
    if (bytes > maxBytes) {
      await cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: !last });
    if (last) return text;
  }
}

/**
 * May a request be read in one call? HTTP ends a body where its length says; over a service binding that is the word of the
 * account's own caller. Never ask it of an answer: a Worker may say anything.
 */
export function saysItsLength({ headers }: Request, maxBytes: number): boolean {
  const length = headers.get('content-length');
  return length !== null && Number(length) <= maxBytes && !headers.has('transfer-encoding');
}

interface Reads {
  /** `last`: nothing follows. */
  read(): Promise<{ last: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

/**
 * One call for a message that fits: a tenth of what it takes to call an activity (`npm run bench -- --only W3`). `undefined`
 * for a stream that somebody's code has made: few of those can be read so.
 */
function largeReads(body: ReadableStream): Reads | undefined {
  const reader = byteReader(body);
  if (!reader) return undefined;
  let size = FIRST_READ_BYTES;
  return {
    async read() {
      const wanted = size;
      size = READ_BYTES;
      const { value } = await reader.readAtLeast(wanted, new Uint8Array(wanted));
      return { last: (value?.byteLength ?? 0) < wanted, ...(value && { value }) };
    },
    cancel: () => reader.cancel(),
  };
}

function byteReader(body: ReadableStream): (ReadableStreamBYOBReader & AtLeastReader) | undefined {
  try {
    return body.getReader({ mode: 'byob' }) as ReadableStreamBYOBReader & AtLeastReader;
  } catch {
    return undefined;
  }
}

function plainReads(body: ReadableStream): Reads {
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  return {
    async read() {
      const { done, value } = await reader.read();
      return { last: done, ...(value && { value }) };
    },
    cancel: () => reader.cancel(),
  };
}
