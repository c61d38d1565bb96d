import { defaultPayloadConverter, type Headers } from '@temporalio/common';

export interface PropagatedContext {
  customer?: string;
}

export const HEADER = '__my_context';

export function injectContextHeader(headers: Headers, context: PropagatedContext | undefined): Headers {
  if (!context) return headers;
  return { ...headers, [HEADER]: defaultPayloadConverter.toPayload(context) };
}

export function extractContextHeader(headers: Headers): PropagatedContext | undefined {
  const header = headers[HEADER];
  return header ? defaultPayloadConverter.fromPayload(header) : undefined;
}
