/**
 * Importing it gives vitest's `expect` the matcher `toReplayWith`.
 * @module perdure/testing/vitest
 */

import { expect } from 'vitest';
import { type ReplayMatchers, replayMatchers } from './matchers.ts';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends ReplayMatchers {}
}

expect.extend(replayMatchers);
