/** Deliveries as their senders make them: signed by node:crypto, or by the library that Standard Webhooks publishes. */

import { createHmac } from 'node:crypto';
import { Webhook as StandardWebhook } from 'standardwebhooks';

export const SECRETS = {
  stripe: 'whsec_test_3f1b2c4d5e6f70819203',
  github: "It's a Secret to Everybody",
  slack: '8f742231b10e8888abcd99yyyzzz85a5',
  standard: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  bearer: 'a-token-that-has-more-than-thirty-two-characters',
};
export type Kind = keyof typeof SECRETS;

export const hmacHex = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');

/** The headers of a delivery by its true sender. @param at in epoch milliseconds */
export function signed(
  kind: Kind,
  body: string,
  at: number,
  { secret = SECRETS[kind], id = 'delivery-1' }: { secret?: string; id?: string } = {},
): Record<string, string> {
  const seconds = String(Math.floor(at / 1_000));
  switch (kind) {
    case 'stripe':
      return { 'stripe-signature': `t=${seconds},v1=${hmacHex(secret, `${seconds}.${body}`)}` };
    case 'github':
      return { 'x-hub-signature-256': `sha256=${hmacHex(secret, body)}`, 'x-github-delivery': id };
    case 'slack':
      return {
        'x-slack-request-timestamp': seconds,
        'x-slack-signature': `v0=${hmacHex(secret, `v0:${seconds}:${body}`)}`,
      };
    case 'standard':
      return {
        'webhook-id': id,
        'webhook-timestamp': seconds,
        'webhook-signature': new StandardWebhook(secret).sign(id, new Date(at), body),
      };
    case 'bearer':
      return { authorization: `Bearer ${secret}`, 'idempotency-key': id };
  }
}
