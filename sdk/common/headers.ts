/** Headers travel beside arguments, for interceptors: context of a trace, of a tenant. Codecs leave them as they are. */

import type { HeaderJson } from './history-attributes.ts';
import { type Headers, payloadFromJson, payloadToJson } from './payload.ts';

/** As part of a request or command; nothing where there are no headers. */
export function toHeaderJson(headers: Headers | undefined): { header?: HeaderJson } {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) return {};
  return { header: { fields: Object.fromEntries(entries.map(([k, v]) => [k, payloadToJson(v)])) } };
}

export function fromHeaderJson(header: HeaderJson | undefined): Headers {
  return Object.fromEntries(Object.entries(header?.fields ?? {}).map(([k, v]) => [k, payloadFromJson(v)]));
}
