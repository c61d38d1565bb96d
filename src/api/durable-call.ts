/**
 * Calls to Durable Objects, and what becomes of them when the platform loses one. A call that may safely be made
 * again (a read, or a request that carries a request id) is made again; any other is reported as it is.
 */

import { ServiceError } from '../../sdk/common/errors.ts';
import type { Result } from '../../sdk/common/service.ts';
import type { ApiPorts } from './ports.ts';

const MAX_REPEATS = 3;
const FIRST_PAUSE_MS = 50;

/**
 * `call` takes a new stub each time it is called: a stub that failed once may stay broken.
 * @throws ServiceError UNAVAILABLE when the object is overloaded or not reached, INTERNAL for anything unforeseen;
 *   both carry a correlation id under which the cause is logged, and never the cause itself.
 */
export async function callDurable<T>(
  ports: ApiPorts,
  call: () => Promise<T>,
  repeatable: boolean,
): Promise<T> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      const { overloaded = false } = error as { overloaded?: boolean };
      if (overloaded || !isLost(error) || !repeatable || repeats === MAX_REPEATS)
        throw asServiceError(error, ports, repeatable);
      await ports.pause(FIRST_PAUSE_MS * 2 ** repeats * (0.5 + ports.random()));
    }
  }
}

/** As {@link callDurable}, for calls that answer errors as data: they are thrown. */
export async function requestDurable<T>(
  ports: ApiPorts,
  call: () => Promise<Result<T>>,
  repeatable: boolean,
): Promise<T> {
  const result = await callDurable(ports, call, repeatable);
  if ('error' in result) throw ServiceError.fromData(result.error);
  return result.ok;
}

/** The platform marks what may pass by itself as retryable; a lost connection is not always marked. */
function isLost(error: unknown): boolean {
  const { retryable, message } = error as { retryable?: boolean; message?: string };
  return retryable === true || /connection lost/i.test(message ?? '');
}

function asServiceError(error: unknown, ports: ApiPorts, repeatable: boolean): ServiceError {
  const { overloaded } = error as { overloaded?: boolean };
  if (overloaded)
    return withCorrelation(
      'UNAVAILABLE',
      'this workflow id gets more requests than it can take',
      error,
      ports,
    );
  if (!isLost(error)) return withCorrelation('INTERNAL', 'internal error', error, ports);
  const unknown = repeatable ? 'try again' : 'it may or may not have been carried out';
  return withCorrelation(
    'UNAVAILABLE',
    `the connection to the object that owns this was lost; ${unknown}`,
    error,
    ports,
  );
}

/** An error that tells the caller nothing but an id, and the log the rest. */
export function withCorrelation(
  code: 'UNAVAILABLE' | 'INTERNAL',
  message: string,
  cause: unknown,
  ports: ApiPorts,
): ServiceError {
  const correlationId = ports.newId();
  const { message: reason, stack } = cause instanceof Error ? cause : new Error(String(cause));
  ports.logger.error(message, { correlationId, reason, stack });
  const detail = { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: correlationId };
  return new ServiceError(code, `${message} (correlation id ${correlationId})`, [detail]);
}
