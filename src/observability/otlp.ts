/** What all of OTLP in JSON has in common, and how it is sent. */

import type { EpochMs } from '../../sdk/common/duration.ts';
import { SDK_VERSION } from '../../sdk/common/worker-protocol.ts';
import type { OtlpSettings } from '../env.ts';

export type AttributeValue = string | number | boolean;
const TIMEOUT_MS = 10_000;

export const nanos = (time: EpochMs): string => `${Math.round(time * 1_000)}000`;

export const resourceOf = (): object => ({
  attributes: attributesOf({ 'service.name': 'perdure', 'service.version': SDK_VERSION }),
});

export function attributesOf(values: Record<string, AttributeValue | undefined>): object[] {
  return Object.entries(values).flatMap(([key, value]): object[] => {
    if (value === undefined) return [];
    if (typeof value === 'boolean') return [{ key, value: { boolValue: value } }];
    if (typeof value === 'number') return [{ key, value: { intValue: String(value) } }];
    return [{ key, value: { stringValue: value } }];
  });
}

/** @throws Error when it was not taken */
export async function sendOtlp(
  { endpoint, headers }: OtlpSettings,
  signal: 'metrics' | 'traces',
  body: object,
  send: typeof fetch = fetch,
): Promise<void> {
  const response = await send(`${endpoint.replace(/\/$/, '')}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`OTLP ${signal}: HTTP ${response.status}`);
}
