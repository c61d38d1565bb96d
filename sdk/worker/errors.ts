/** Errors of running a Worker. */

import { IllegalStateError } from '../common/errors.ts';

/** The engine was not reached, or did not take the connection. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
}

/** Temporal's native core throws it. There is none here, and nothing does: for programs that ask whether something is one. */
export class ShutdownError extends Error {
  override readonly name: string = 'ShutdownError';
}

/** As {@link ShutdownError}: nothing throws it here. */
export class UnexpectedError extends Error {
  override readonly name: string = 'UnexpectedError';
}

/** Activities went on for longer than `shutdownForceTime` after the shutdown was asked for: the Worker left them behind. */
export class GracefulShutdownPeriodExpiredError extends Error {
  override readonly name: string = 'GracefulShutdownPeriodExpiredError';
}

/** The Worker of a `runUntil` stopped, and the promise did not settle within `promiseCompletionTimeout` of that. */
export class PromiseCompletionTimeoutError extends Error {
  override readonly name: string = 'PromiseCompletionTimeoutError';
}

export interface CombinedWorkerRunErrorCause {
  /** What `run()` threw. */
  workerError: unknown;
  /** What the promise was rejected with. */
  innerError: unknown;
}

/** Both the Worker of a `runUntil` and the promise failed. */
export class CombinedWorkerRunError extends Error {
  override readonly name: string = 'CombinedWorkerRunError';
  override readonly cause: CombinedWorkerRunErrorCause;
  constructor(message: string, { cause }: { cause: CombinedWorkerRunErrorCause }) {
    super(message);
    this.cause = cause;
  }
}

/** All errors of a Worker in one object. @deprecated by Temporal */
export const errors = {
  IllegalStateError,
  ShutdownError,
  TransportError,
  UnexpectedError,
  GracefulShutdownPeriodExpiredError,
};
