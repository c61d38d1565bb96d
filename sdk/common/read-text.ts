/** Reading what somebody else sent, with a bound. */

/** The whole text of a request or answer; `undefined` when it has more bytes than that, of which no more are read. */
export async function readText(message: Request | Response, maxBytes: number): Promise<string | undefined> {
  if (Number(message.headers.get('content-length') ?? 0) > maxBytes) {
    await message.body?.cancel();
    return undefined;
  }
  if (!message.body) return '';
  const decoder = new TextDecoder();
  const reader = message.body.getReader();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
