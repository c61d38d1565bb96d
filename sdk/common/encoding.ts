/** Text as bytes and back, by the names of Temporal's `@temporalio/common/lib/encoding`, which converters of users' own import. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text in UTF-8. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
