/**
 * Time passes in a test that only waits, as in Temporal's test server: while nobody skips it, a test's clock follows the real
 * one, from alarm to alarm. Whoever polls for a retry, or for a short timer, sees it come.
 */

import type { EpochMs } from '../common/duration.ts';
import { clearInterval, elapsedMs, setInterval } from './host-clock.ts';
import type { MemoryEngine } from './memory-engine.ts';

const LOOK_EVERY_MS = 50;
/** A test that goes on by itself sees time stand still for as long. */
const PATIENCE_MS = 1_000;

/** @returns what ends it */
export function letTimePass(engine: MemoryEngine): () => void {
  /** When the clock last stood where it stands, in both times. */
  let since: { real: number; virtual: EpochMs } = { real: elapsedMs(), virtual: engine.now };
  let moving = false;
  const look = async (): Promise<void> => {
    const real = elapsedMs();
    if (engine.movers.atIt || engine.now !== since.virtual) {
      since = { real, virtual: engine.now };
      return;
    }
    const alarm = engine.nextAlarm();
    const passed = real - since.real;
    if (alarm === undefined || passed < Math.max(PATIENCE_MS, alarm - since.virtual)) return;
    await engine.advanceTo(alarm);
    // What has passed beyond the alarm counts for the next one.
    since = { real: since.real + Math.max(alarm - since.virtual, 0), virtual: engine.now };
  };
  const timer = setInterval(() => {
    if (moving) return;
    moving = true;
    void look().finally(() => {
      moving = false;
    });
  }, LOOK_EVERY_MS);
  (timer as { unref?(): void }).unref?.();
  return () => clearInterval(timer);
}
