/**
 * Sends to Queues. What one turn sends goes out in as few calls as the platform takes: each call is a subrequest, of which an
 * event may make a limited number, and a hundred activities begin at once as easily as one.
 */

/** Of one call: https://developers.cloudflare.com/queues/platform/limits/ */
const MAX_MESSAGES = 100;
const MAX_BYTES = 256_000;
/** The most that a character of JSON takes as UTF-8; that messages are mostly ASCII costs a call for some hundred of them. */
const BYTES_PER_CHARACTER = 3;

interface Waiting<T> {
  message: T;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class QueueSends<T extends object> {
  readonly #waiting = new Map<Queue<T>, Array<Waiting<T>>>();

  /** Settles when the Queue has it. What one call brings fails together: each may then be sent again, and come twice. */
  send(queue: Queue<T>, message: T): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(queue) ?? this.#begin(queue);
      waiting.push({ message, resolve, reject });
    });
  }

  /** Everything that the same turn sends comes before the next microtask is over. */
  #begin(queue: Queue<T>): Array<Waiting<T>> {
    const waiting: Array<Waiting<T>> = [];
    this.#waiting.set(queue, waiting);
    queueMicrotask(() => {
      this.#waiting.delete(queue);
      for (const part of parts(waiting)) void sendTogether(queue, part);
    });
    return waiting;
  }
}

async function sendTogether<T>(queue: Queue<T>, part: Array<Waiting<T>>): Promise<void> {
  try {
    const [first] = part;
    if (part.length === 1) await queue.send(first!.message);
    else await queue.sendBatch(part.map(({ message }) => ({ body: message })));
    for (const { resolve } of part) resolve();
  } catch (error) {
    for (const { reject } of part) reject(error);
  }
}

/** Each no more than one call takes. */
function* parts<T>(waiting: Array<Waiting<T>>): Generator<Array<Waiting<T>>> {
  let part: Array<Waiting<T>> = [];
  let bytes = 0;
  for (const one of waiting) {
    const more = JSON.stringify(one.message).length * BYTES_PER_CHARACTER;
    if (part.length === MAX_MESSAGES || (part.length > 0 && bytes + more > MAX_BYTES)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(one);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
