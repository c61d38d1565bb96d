/** A text that is too long for one row, in pieces that are not: SQLite keeps UTF-8, in which half a surrogate pair is lost. */

/** @param longest in UTF-16 units, of which each is at most three bytes */
export function* textPieces(text: string, longest: number): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = cut(text, at + longest);
    yield text.slice(at, end);
    at = end;
  }
}

/** `end`, or one less where it would part a surrogate pair. */
function cut(text: string, end: number): number {
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
