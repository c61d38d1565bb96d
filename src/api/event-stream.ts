/** Server-sent events: an answer that goes on while things happen. Whoever loses it comes back with the last id it has seen. */

export interface StreamedMessage {
  /** What `Last-Event-ID` says when the caller comes back. Without one it is only a sign of life. */
  id?: string;
  /** Default: `message`. */
  event?: string;
  data?: object;
}

const encoder = new TextEncoder();
/** How long a browser waits before it comes back. */
const RETRY_MS = 1_000;

export class EventStream {
  readonly #messages: AsyncGenerator<StreamedMessage> | undefined;

  /** `undefined`: there is nothing to come any more, and the caller is told not to come back. */
  constructor(messages: AsyncGenerator<StreamedMessage> | undefined) {
    this.#messages = messages;
  }

  /** @param show how the caller wants its payloads */
  response(show: (data: object) => object): Response {
    const messages = this.#messages;
    if (!messages) return new Response(null, { status: 204 });
    let begun = false;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!begun) {
          begun = true;
          controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
          return;
        }
        // What fails here cannot be told any more: the stream ends, and the caller comes back and hears it then.
        const next = await messages.next().catch(() => ({ done: true as const, value: undefined }));
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(textOf(next.value, show)));
      },
      async cancel() {
        await messages.return(undefined);
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  }
}

/** JSON has no line breaks of its own, and ids here have none. */
function textOf({ id, event, data }: StreamedMessage, show: (data: object) => object): string {
  if (!data) return ':\n\n';
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${JSON.stringify(show(data))}`,
  ];
  return `${lines.join('\n')}\n\n`;
}
