/** Payloads that the runtime itself writes and reads: always plain JSON, whatever converter the user has. */

import {
  defaultPayloadConverter,
  type PayloadJson,
  payloadFromJson,
  payloadToJson,
} from '../../common/payload.ts';

export function jsonPayload(value: unknown): PayloadJson {
  return payloadToJson(defaultPayloadConverter.toPayload(value));
}

export function fromJsonPayload<T>(payload: PayloadJson): T {
  return defaultPayloadConverter.fromPayload<T>(payloadFromJson(payload));
}
