/** How a Worker answers over HTTP: JSON, with the header that says that it is an answer. */

import { ServiceError, serviceErrorCodes } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { type NotServedAnswer, SDK_HEADER, SDK_VERSION } from '../common/worker-protocol.ts';

/** `body`: text is JSON already. */
export function answer(status: number, body: object | string): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', [SDK_HEADER]: `typescript/${SDK_VERSION}` },
  });
}

export function notServed(what: string): Response {
  return answer(404, { notServed: what } satisfies NotServedAnswer);
}

export function answerError(logger: Logger, error: unknown): Response {
  if (error instanceof ServiceError) {
    const { code, httpStatus } = serviceErrorCodes[error.code];
    return answer(httpStatus, { code, message: error.message, details: error.details });
  }
  const message = error instanceof Error ? error.message : String(error);
  logger.error('A request of the engine could not be answered', { error });
  return answer(500, { code: serviceErrorCodes.INTERNAL.code, message, details: [] });
}
