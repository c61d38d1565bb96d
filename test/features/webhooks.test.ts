import { describe, expect, it } from 'vitest';
import type { WebhookDelivery, WebhookSettings } from '../../sdk/common/webhooks.ts';
import { type Kind, SECRETS, signed } from '../webhooks/support.ts';
import { type Features, QUEUE, START, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const SETTINGS: Omit<WebhookSettings, 'kind'> = {
  workflowId: 'order-{$.order}',
  signalName: 'add',
  signalArgs: ['$.n'],
};

async function create({ env }: Features, kind: Kind, more: Partial<WebhookSettings> = {}): Promise<void> {
  const webhook = { kind, ...SETTINGS, ...more };
  const request = { namespace: 'default', webhookId: kind, webhook, secrets: [SECRETS[kind]] };
  await env.connection.webhookService.createWebhook(request);
}

async function deliver(
  { env }: Features,
  kind: Kind,
  body: unknown,
  { id, headers }: { id?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const at = await env.currentTimeMs();
  const response = await env.fetch(`/webhooks/default/${kind}`, {
    method: 'POST',
    body: text,
    headers: { ...signed(kind, text, at, { ...(id && { id }) }), ...headers },
  });
  return { status: response.status, text: await response.text() };
}

const start = ({ client }: Features, workflowId: string, total: number) =>
  client.workflow.start(workflows.collects, { taskQueue: QUEUE, workflowId, args: [1, total] });

async function deliveries({ env }: Features, webhookId: Kind): Promise<WebhookDelivery[]> {
  const request = { namespace: 'default', webhookId };
  return (await env.connection.webhookService.listWebhookDeliveries(request)).deliveries;
}

const kinds = Object.keys(SECRETS) as Kind[];

describe('a webhook', () => {
  it.each(kinds)('of kind %s signals once, however often a delivery comes and whoever dies between', (kind) =>
    withEngine(async (features) => {
      await create(features, kind);
      const order = await start(features, 'order-7', 2);
      const first = { order: 7, n: 1, id: 'evt_1', event_id: 'Ev1' };
      for (let i = 0; i < 3; i++) {
        expect((await deliver(features, kind, first, { id: 'd1' })).status).toBe(200);
        features.env.evictAll();
      }
      // Days of retries: only what signs a time makes a new signature.
      await features.env.sleep('71 hours');
      expect((await deliver(features, kind, first, { id: 'd1' })).status).toBe(200);
      await deliver(features, kind, { order: 7, n: 2, id: 'evt_2', event_id: 'Ev2' }, { id: 'd2' });
      expect(await order.result()).toEqual([1, 2]);
      const { events } = await order.fetchHistory();
      const signals = events.flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
      expect(signals).toHaveLength(2);
      expect(signals[0]!.identity).toBe(`webhook:${kind}`);
    }),
  );

  it('may start the workflow that it signals, of the type that its settings name and no other', () =>
    withEngine(async (features) => {
      const { client } = features;
      await create(features, 'standard', {
        start: {
          workflowType: { name: 'collects' },
          taskQueue: { name: QUEUE },
          args: ['$.rounds', '$.total'],
        },
      });
      const body = { order: 9, n: 5, rounds: 1, total: 2, workflowType: 'echo', namespace: 'other' };
      expect((await deliver(features, 'standard', body, { id: 'd1' })).text).toBe('{"outcome":"started"}');
      expect((await deliver(features, 'standard', body, { id: 'd1' })).status).toBe(200);
      expect((await deliver(features, 'standard', { ...body, n: 6 }, { id: 'd2' })).text).toContain(
        'signaled',
      );
      expect(await client.workflow.getHandle('order-9').result()).toEqual([5, 6]);
      expect(await deliveries(features, 'standard')).toMatchObject([
        { outcome: 'signaled', deliveryId: 'd2', workflowId: 'order-9', signalName: 'add' },
        // A repetition is answered as the first one was.
        { outcome: 'started', deliveryId: 'd1' },
        { outcome: 'started', deliveryId: 'd1', runId: expect.any(String) },
      ]);
    }));

  it('answers no 2xx when no workflow took the delivery, and takes it when it comes again', () =>
    withEngine(async (features) => {
      await create(features, 'github');
      const refused = await deliver(features, 'github', { order: 3, n: 1 });
      expect(refused.status).toBe(404);
      const order = await start(features, 'order-3', 1);
      expect((await deliver(features, 'github', { order: 3, n: 1 })).status).toBe(200);
      expect(await order.result()).toEqual([1]);
      expect((await deliveries(features, 'github')).map(({ outcome }) => outcome)).toEqual([
        'signaled',
        'failed',
      ]);
    }));

  it('drops what it is not for, and says that it has', () =>
    withEngine(async (features) => {
      await create(features, 'github', { when: { 'header:x-github-event': ['pull_request'] } });
      const ping = await deliver(features, 'github', { zen: '…' }, { headers: { 'x-github-event': 'ping' } });
      expect(ping).toEqual({ status: 200, text: '{"outcome":"ignored"}' });
      const wanted = await deliver(
        features,
        'github',
        { n: 1 },
        { headers: { 'x-github-event': 'pull_request' } },
      );
      expect(wanted.status).toBe(400);
      expect(wanted.text).toContain('workflowId: $.order is no text');
    }));

  it('refuses a delivery that is not of its sender exactly as one to a webhook that is not there', () =>
    withEngine(async (features) => {
      await create(features, 'stripe');
      await start(features, 'order-1', 1);
      const post = async (path: string, headers: Record<string, string>) => {
        const response = await features.env.fetch(path, {
          method: 'POST',
          body: '{"order":1,"n":1}',
          headers,
        });
        return { status: response.status, text: await response.text() };
      };
      const forged = signed('stripe', '{"order":1,"n":1}', START, { secret: 'whsec_another_secret_1' });
      const wrong = await post('/webhooks/default/stripe', forged);
      expect(wrong.status).toBe(401);
      for (const path of [
        '/webhooks/default/nobody',
        '/webhooks/other/stripe',
        '/webhooks/default/constructor',
      ])
        expect(await post(path, forged)).toEqual(wrong);
      expect(await deliveries(features, 'stripe')).toMatchObject([
        { outcome: 'refused', reason: 'no signature of it is by a secret of this webhook' },
      ]);
      const { events } = await features.client.workflow.getHandle('order-1').fetchHistory();
      expect(JSON.stringify(events)).not.toContain('SIGNALED');
    }));

  it('takes an id for one id, whatever stands in it', () =>
    withEngine(async (features) => {
      const { client } = features;
      const startOf = { workflowType: { name: 'collects' }, taskQueue: { name: QUEUE } };
      await create(features, 'standard', { start: { ...startOf, args: ['$.one', '$.one'] } });
      for (const [i, order] of ['a/b', '../../other', '","x"]', 'ns\u2028id', '%2e%2e'].entries()) {
        const body = { order, n: i, one: 1 };
        expect((await deliver(features, 'standard', body, { id: `d${i}` })).status).toBe(200);
        expect(await client.workflow.getHandle(`order-${order}`).result()).toEqual([i]);
      }
      for (const order of ['x'.repeat(1_000), 'a\u0000b', 'a\nb', '', null, {}])
        expect((await deliver(features, 'standard', { order, n: 1, one: 1 })).status).toBe(400);
    }));

  it('takes up to 1 MiB, and no JSON that is none or too deep', () =>
    withEngine(async (features) => {
      await create(features, 'github');
      const order = await start(features, 'order-1', 1);
      const body = (length: number): string => {
        const text = JSON.stringify({ order: 1, n: 1, pad: '' });
        return text.replace('"pad":""', `"pad":"${'x'.repeat(length - text.length)}"`);
      };
      expect((await deliver(features, 'github', body(1024 * 1024 + 1))).status).toBe(413);
      expect((await deliver(features, 'github', '{"order":1')).status).toBe(400);
      expect((await deliver(features, 'github', `${'['.repeat(70)}${']'.repeat(70)}`)).status).toBe(400);
      expect((await deliver(features, 'github', body(1024 * 1024))).status).toBe(200);
      expect(await order.result()).toEqual([1]);
    }));
});

describe('Slack', () => {
  it('is told the challenge by which it asks whether the address is its owner’s, once it has proved itself', () =>
    withEngine(async (features) => {
      await create(features, 'slack');
      const body = { type: 'url_verification', challenge: '3eZbrw1aB' };
      expect(await deliver(features, 'slack', body)).toEqual({
        status: 200,
        text: '{"challenge":"3eZbrw1aB"}',
      });
      const stranger = await features.env.fetch('/webhooks/default/slack', {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(stranger.status).toBe(401);
    }));

  it('sends what people press as a form with JSON in it, and shows nothing of the answer', () =>
    withEngine(async (features) => {
      await create(features, 'slack', {
        workflowId: 'order-{$.payload.actions[0].value}',
        signalArgs: ['$.payload.n'],
      });
      const order = await start(features, 'order-5', 1);
      const payload = JSON.stringify({ trigger_id: 't1', n: 4, actions: [{ value: '5' }] });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const form = new URLSearchParams({ payload }).toString();
      expect(await deliver(features, 'slack', form, { headers })).toEqual({ status: 200, text: '' });
      expect((await deliver(features, 'slack', form, { headers })).status).toBe(200);
      expect(await order.result()).toEqual([4]);
    }));
});
