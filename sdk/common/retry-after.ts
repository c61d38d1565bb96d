/** `Retry-After`: when the one who was asked wants to be asked again. */

/** However long an engine wants to be left alone. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Milliseconds of `3`, or of a date; 0 where nothing can be read. A little more, so that callers do not come back in step. */
export function retryAfterMs(headers: Headers): number {
  const given = headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  if (!(ms > 0)) return 0;
  return Math.min(ms, LONGEST_RETRY_AFTER_MS) * (1 + 0.2 * Math.random());
}
