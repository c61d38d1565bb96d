/** What a codec endpoint answers, looked at before a page builds on it. Pure. */

import type { PayloadJson } from '../../../sdk/common/payload.ts';

/** @throws Error that names the endpoint, for anything but so many payloads */
export function payloadsOf(url: string, text: string, count: number): PayloadJson[] {
  let payloads: unknown;
  try {
    ({ payloads } = JSON.parse(text) as { payloads?: unknown });
  } catch {
    // Whatever it is, it is no answer.
  }
  if (!Array.isArray(payloads) || payloads.length !== count || !payloads.every(isPayload))
    throw new Error(`${url} answered something else than ${count} payloads: ${text.slice(0, 300)}`);
  return payloads;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string';

function isPayload(value: unknown): value is PayloadJson {
  if (!isObject(value)) return false;
  const { metadata = {}, data } = value as Record<string, unknown>;
  return isTextOrAbsent(data) && isObject(metadata) && Object.values(metadata).every(isTextOrAbsent);
}
