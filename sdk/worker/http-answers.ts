/** How a Worker answers over HTTP: JSON, with the header that says that it is an answer. */

import { ServiceError, serviceErrorCodes } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { type NotServedAnswer, SDK_HEADER, SDK_VERSION, type TextAnswer } from '../common/worker-protocol.ts';

/** `body`: text is JSON already. */
export function answer(status: number, body: object | string): TextAnswer {
  return { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

export function response({ status, body }: TextAnswer): Response {
  return new Response(body, {
    status,
    headers: { 'content-type': 'application/json', [SDK_HEADER]: `typescript/${SDK_VERSION}` },
  });
}

export function notServed(what: string): TextAnswer {
  return answer(404, { notServed: what } satisfies NotServedAnswer);
}

export function answerError(logger: Logger, error: unknown): TextAnswer {
  if (error instanceof ServiceError) {
    const { code, httpStatus } = serviceErrorCodes[error.code];
    return answer(httpStatus, { code, message: error.message, details: error.details });
  }
  const message = error instanceof Error ? error.message : String(error);
  logger.error('A request of the engine could not be answered', { error });
  return answer(500, { code: serviceErrorCodes.INTERNAL.code, message, details: [] });
}
