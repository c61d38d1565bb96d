import { AsyncLocalStorage } from 'node:async_hooks';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';

export interface Tenant {
  name: string;
}
export const current = new AsyncLocalStorage<Tenant>();

export function inject(headers: Headers, tenant: Tenant | undefined): Headers {
  return tenant ? { ...headers, tenant: defaultPayloadConverter.toPayload(tenant)! } : headers;
}
export function extract(headers: Headers): Tenant | undefined {
  return headers.tenant && defaultPayloadConverter.fromPayload<Tenant>(headers.tenant);
}
