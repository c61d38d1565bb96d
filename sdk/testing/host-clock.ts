/**
 * The clock and the timers of the host, taken before a test fakes them: the engine of an environment stands for a server, which no fake
 * of the test's process reaches. `Date` and timers that a program itself uses, in activities too, are what the test makes of them.
 */

export { realNow } from '../workflow/runtime/globals.ts';

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis;

/** Of the host's monotonic clock, in milliseconds. */
export const elapsedMs: () => number = performance.now.bind(performance);
