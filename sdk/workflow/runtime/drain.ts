/**
 * "All microtasks have run": the moment when no workflow code can go on by itself. It must hold after promise chains of
 * any length, so it has to come from outside the microtask queue. In workerd reading a body does that without a timer;
 * in Node `setImmediate` does. Both are taken before anybody patches or fakes them.
 */

import { isWorkerd } from './host.ts';

const { setImmediate: immediate, Response: BodyResponse } = globalThis;

/** Resolves when every microtask queued so far, and all that these queue, have run. */
export const drainMicrotasks: () => Promise<unknown> = isWorkerd
  ? () => new BodyResponse('x').text()
  : () => new Promise((resolve) => immediate(resolve));
