/**
 * A promise of a run that is rejected while nobody listens fails the run's workflow task. Both hosts call the listener
 * in the AsyncLocalStorage of the promise, and before the microtasks are seen to be drained.
 */

import { currentContext, isReading } from './context.ts';
import { isWorkerd } from './host.ts';

interface NodeProcess {
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): void;
  listenerCount(event: 'unhandledRejection'): number;
}

/** Workflow code left a promise alone that was rejected. The cause is what it was rejected with. */
export class UnhandledRejectionError extends Error {
  override readonly name = 'UnhandledRejectionError';
  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/** Fails the current run's task; false when no run is current. */
function failCurrentRun(reason: unknown): boolean {
  const context = currentContext();
  if (!context) return false;
  // What a query handler leaves behind is the query's own.
  if (isReading()) return true;
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  context.failTask(new UnhandledRejectionError(`Unhandled Promise rejection: ${text}`, reason));
  return true;
}

let listening = false;

/** Starts listening; does so once. */
export function listenForRejections(): void {
  if (listening) return;
  listening = true;
  const nodeProcess = (globalThis as { process?: Partial<NodeProcess> }).process;
  if (isWorkerd) {
    globalThis.addEventListener('unhandledrejection', (event) => {
      if (failCurrentRun(event.reason)) event.preventDefault();
    });
  } else if (nodeProcess?.on) {
    const process = nodeProcess as NodeProcess;
    process.on('unhandledRejection', (reason) => {
      // Listening must not hide the rejections of ordinary code: by default Node ends the process.
      if (!failCurrentRun(reason) && process.listenerCount('unhandledRejection') === 1) throw reason;
    });
  }
}
