/**
 * Watches over the thread that workflow code runs on, from a thread beside it: a workflow that never gives its turn back would stop
 * all others in this process. Its code is ended where it stands, its task fails and names it, and the others go on.
 * Ordinary code (activities) that holds the thread is left alone: it is none of ours.
 */

import { url as inspectorUrl } from 'node:inspector';
import { isMainThread, Worker as Thread } from 'node:worker_threads';
import type { Logger } from '../common/logger.ts';

/** How often the watched thread shows that it turns round. */
const BEAT_MS = 200;

interface Watched {
  beats: SharedArrayBuffer;
  timeoutMs: number;
}

/** Starts watching; the function that is returned ends it. Several Workers of a process may each have one. */
export function watchForBlocks(timeoutMs: number, logger: Logger): () => void {
  // A debugger stops the thread for as long as it likes; and only the main thread can be reached from beside.
  if (!isMainThread || inspectorUrl()) return () => undefined;
  const beats = new SharedArrayBuffer(4);
  const count = new Int32Array(beats);
  const workerData: Watched = { beats, timeoutMs };
  // From text: a bundle of the user's has no file for it. esbuild may wrap functions in a helper called __name.
  const thread = new Thread(`const __name = (fn) => fn; (${watch})(require)`, { eval: true, workerData });
  thread.unref();
  thread.on('message', (run: string) => {
    logger.error('Workflow code was ended: it held the thread of its Worker', { run, timeoutMs });
  });
  thread.on('error', (error) => logger.warn('Nobody watches for workflows that block', { error }));
  const beat = setInterval(() => Atomics.add(count, 0, 1), BEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    void thread.terminate();
  };
}

/** The other thread. Stands alone: nothing from outside of it is there. */
function watch(load: (name: string) => unknown): void {
  const { Session } = load('node:inspector') as typeof import('node:inspector');
  const threads = load('node:worker_threads') as typeof import('node:worker_threads');
  const { beats, timeoutMs } = threads.workerData as Watched;
  const count = new Int32Array(beats);
  let seen = -1;
  // Counted, not measured: this thread may have been stopped together with the other.
  let standstillMs = 0;

  const interrupt = (): void => {
    const session = new Session();
    session.connectToMainThread();
    const timer = setTimeout(() => session.disconnect(), 2_000);
    session.once('Debugger.paused', ({ params }) => {
      const expression = `globalThis[Symbol.for('perdure.failBlockedRun')]?.(${timeoutMs / 1000})`;
      const callFrameId = params.callFrames[0]!.callFrameId;
      session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression }, (_error, evaluated) => {
        const run = evaluated?.result.value as string | undefined;
        const end = (): void => {
          clearTimeout(timer);
          session.disconnect();
          if (run) threads.parentPort?.postMessage(run);
        };
        // The one is answered only after the other: the thread stands still until it is resumed.
        if (run) session.post('Runtime.terminateExecution', end);
        session.post('Debugger.resume', run ? undefined : end);
      });
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
  };

  const everyMs = Math.min(200, timeoutMs / 4);
  setInterval(() => {
    const current = Atomics.load(count, 0);
    standstillMs = current === seen ? standstillMs + everyMs : 0;
    seen = current;
    if (standstillMs < timeoutMs) return;
    standstillMs = 0;
    interrupt();
  }, everyMs);
}
