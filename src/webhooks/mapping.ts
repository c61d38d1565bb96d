/** What a delivery asks of which workflow: an administrator's settings, applied to what came. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type { WebhookKind, WebhookSettings } from '../../sdk/common/webhooks.ts';
import { type Expression, parseExpression, parseTemplate, type Readable } from './expression.ts';

export interface MappedDelivery {
  workflowId: string;
  signalName: string;
  signalArgs: unknown[];
  /** Of the workflow, where it may be started. */
  startArgs: unknown[];
}

export interface Mapping {
  /** Is it one of those that the webhook is for? */
  wants(delivery: Readable): boolean;
  /** What is the same when it is repeated; `undefined` when it has nothing of that kind. */
  deliveryId(delivery: Readable): string | undefined;
  /** @throws ServiceError INVALID_ARGUMENT when it lacks what the settings name */
  map(delivery: Readable): MappedDelivery;
}

const deliveryIds: Record<WebhookKind, string[]> = {
  standard: ['header:webhook-id'],
  stripe: ['$.id'],
  github: ['header:x-github-delivery'],
  slack: ['$.event_id', '$.trigger_id', '$.payload.trigger_id'],
  bearer: ['header:idempotency-key', 'header:webhook-id'],
};
/** The engine's own signals begin so: nobody who can send a webhook may send them. */
const RESERVED = '__';

/** @throws ServiceError INVALID_ARGUMENT naming the setting that is wrong */
export function mappingOf(settings: WebhookSettings): Mapping {
  const { kind, signalArgs = ['$'], when = {}, start } = settings;
  const workflowId = parseTemplate(settings.workflowId, 'workflowId');
  const signalName = parseTemplate(settings.signalName, 'signalName');
  const expressions = (texts: string[], field: string): Expression[] =>
    texts.map((text, i) => parseExpression(text, `${field}.${i}`));
  const args = expressions(signalArgs, 'signalArgs');
  const startArgs = expressions(start?.args ?? [], 'start.args');
  const conditions = Object.entries(when).map(([text, values]) => ({
    expression: parseExpression(text, 'when'),
    values,
  }));
  const ids = settings.deliveryId ? [settings.deliveryId] : deliveryIds[kind];
  const idExpressions = ids.map((text) => parseExpression(text, 'deliveryId'));
  return {
    wants: (delivery) =>
      conditions.every(({ expression, values }) => {
        const value = expression(delivery);
        return typeof value !== 'object' && value !== undefined && values.includes(String(value));
      }),
    deliveryId: (delivery) => {
      for (const expression of idExpressions) {
        const value = expression(delivery);
        if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
      }
      return undefined;
    },
    map: (delivery) => {
      const name = signalName(delivery);
      if (name.startsWith(RESERVED)) throw invalidArgument(`signalName: "${RESERVED}…" is reserved`);
      return {
        workflowId: workflowId(delivery),
        signalName: name,
        signalArgs: args.map((expression) => expression(delivery) ?? null),
        startArgs: startArgs.map((expression) => expression(delivery) ?? null),
      };
    },
  };
}
