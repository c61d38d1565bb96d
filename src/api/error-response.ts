/** The one place that turns an error into a status and a body: `{ code, message, details }`, as Temporal's HTTP API. */

import {
  type ErrorDetail,
  errorDetailType,
  ServiceError,
  serviceErrorCodes,
} from '../../sdk/common/errors.ts';
import { withCorrelation } from './durable-call.ts';
import type { ApiPorts } from './ports.ts';

export interface ErrorBody {
  /** The gRPC status code. */
  code: number;
  message: string;
  details: ErrorDetail[];
}

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** Anything that is no {@link ServiceError} is answered as INTERNAL with a correlation id; what it was is only logged. */
export function errorAnswer(error: unknown, ports: ApiPorts): ErrorAnswer {
  const known =
    error instanceof ServiceError ? error : withCorrelation('INTERNAL', 'internal error', error, ports);
  const { code, httpStatus } = serviceErrorCodes[known.code];
  const later = httpStatus === 429 || httpStatus === 503;
  return {
    status: httpStatus,
    headers: {
      ...(later && { 'retry-after': retryAfterSeconds(known.details) }),
      ...(httpStatus === 401 && { 'www-authenticate': 'Bearer' }),
    },
    body: { code, message: known.message, details: known.details },
  };
}

/** As the error says, in whole seconds; one where it says nothing. */
function retryAfterSeconds(details: ErrorDetail[]): string {
  const delay = details.find((detail) => detail['@type'] === errorDetailType.retryInfo)?.retryDelay;
  return String(Math.max(Math.ceil(Number.parseFloat(String(delay)) || 0), 1));
}
