/** The door as strangers and administrators meet it, over fake objects. */

import { describe, expect, it, vi } from 'vitest';
import type { PutWebhookRequest, WebhookDelivery } from '../../sdk/common/webhooks.ts';
import { Webhooks } from '../../src/webhooks/webhooks.ts';
import { NS } from '../api/engine.ts';
import { ADMIN_KEY, bearer, guarded } from '../auth/support.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { SECRETS, signed } from './support.ts';

const webhook = { kind: 'github', workflowId: 'order-{$.order}', signalName: 'go' } as const;
const BODY = '{"order":1}';

function withWebhooks(
  vars: Record<string, string> = {},
  answers: Parameters<typeof guarded>[0] = {},
  ports: Parameters<typeof guarded>[2] = {},
) {
  const webhooks = new Webhooks(memorySql(), () => Date.now());
  const engine = guarded(
    {
      createWebhook: (request: PutWebhookRequest) => ({ ok: webhooks.create(request) }),
      updateWebhook: (request: PutWebhookRequest) => ({ ok: webhooks.update(request) }),
      deleteWebhook: (id: string) => ({ ok: webhooks.delete(id) }),
      findWebhook: (id: string) => webhooks.find(id),
      recordDelivery: (delivery: WebhookDelivery) => webhooks.record(delivery),
      ...answers,
    },
    vars,
    ports,
  );
  const admin = (path: string, body: object) =>
    engine.post(`${NS}/webhooks/${path}`, body, bearer(ADMIN_KEY));
  const deliver = (body = BODY, headers = signed('github', body, Date.now())) =>
    engine.app.request('/webhooks/default/orders', { method: 'POST', body, headers }, engine.env, {
      waitUntil: () => undefined,
    } as unknown as ExecutionContext);
  return { ...engine, webhooks, admin, deliver };
}

describe('the door for webhooks', () => {
  it('needs no credential of the engine’s, and believes none', async () => {
    const engine = withWebhooks();
    await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
    expect((await engine.deliver()).status).toBe(200);
    expect((await engine.deliver(BODY, bearer(ADMIN_KEY) as never)).status).toBe(401);
  });

  it('reads JSON as JSON where it is called a form, as curl calls everything, and forms as forms', async () => {
    const engine = withWebhooks();
    await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const body of ['{"order":1}', ' {"order":1}', 'order=1', `payload=${encodeURIComponent(BODY)}`]) {
      const reply = await engine.deliver(body, { ...signed('github', body, Date.now()), ...type });
      // What is in `payload` is its own object.
      expect([body, reply.status]).toEqual([body, body.startsWith('payload') ? 400 : 200]);
    }
  });

  it('refuses what is neither JSON nor a form, whatever it is called, before it is asked whether it is wanted', async () => {
    const engine = withWebhooks();
    const when = { '$.type': ['order'] };
    await engine.admin('orders', { webhook: { ...webhook, when }, secrets: [SECRETS.github] });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const body of ['no json', 'not json = 1', '{"order":1', '', 'order=1&{"order":1}']) {
      const reply = await engine.deliver(body, { ...signed('github', body, Date.now()), ...type });
      expect([body, reply.status]).toEqual([body, 400]);
    }
    const reply = await engine.deliver('order=1', { ...signed('github', 'order=1', Date.now()), ...type });
    expect([reply.status, await reply.json()]).toEqual([200, { outcome: 'ignored' }]);
  });

  it('SEC-T8: is closed as long as the engine serves nobody', async () => {
    const engine = withWebhooks({ PERDURE_ADMIN_KEY: '' });
    engine.webhooks.create({ namespace: 'default', webhookId: 'orders', webhook, secrets: [SECRETS.github] });
    expect((await engine.deliver()).status).toBe(403);
  });

  it('asks the namespace’s object once for a flood of strangers, and has one in a second noted', async () => {
    const engine = withWebhooks();
    for (let i = 0; i < 50; i++) expect((await engine.deliver(BODY, {} as never)).status).toBe(401);
    expect(engine.asked.map(({ method }) => method)).toEqual(['findWebhook']);
    // What was not there a moment ago is, once it is made.
    await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
    expect((await engine.deliver()).status).toBe(200);
    const known = withWebhooks();
    await known.admin('orders', { webhook, secrets: [SECRETS.github] });
    for (let i = 0; i < 50; i++) await known.deliver(BODY, {} as never);
    const methods = known.asked.map(({ method }) => method);
    expect(methods.filter((method) => method === 'recordDelivery')).toHaveLength(1);
    expect(methods).not.toContain('request');
  });

  it('gives strangers nothing of a namespace’s share of requests', async () => {
    const engine = withWebhooks({ RATE_LIMITS: '{"default": 2}' });
    engine.webhooks.create({ namespace: 'default', webhookId: 'orders', webhook, secrets: [SECRETS.github] });
    for (let i = 0; i < 5; i++) expect((await engine.deliver(BODY, {} as never)).status).toBe(401);
    expect((await engine.deliver()).status).toBe(200);
    expect((await engine.deliver()).status).toBe(200);
    const refused = await engine.deliver();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  });

  it('answers no 2xx before the run has it, and repeats a lost call under the same request id', async () => {
    let calls = 0;
    const ids: string[] = [];
    const engine = withWebhooks(
      {},
      {
        request: ({ requestId }: { requestId: string }) => {
          ids.push(requestId);
          if (++calls === 1) throw Object.assign(new Error('Network connection lost.'), { retryable: true });
          return { ok: undefined };
        },
      },
    );
    await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
    expect((await engine.deliver()).status).toBe(200);
    expect(ids).toEqual(['webhook/orders/delivery-1', 'webhook/orders/delivery-1']);
    const down = withWebhooks({}, { request: () => Promise.reject(new Error('boom')) });
    await down.admin('orders', { webhook, secrets: [SECRETS.github] });
    expect((await down.deliver()).status).toBe(500);
  });

  it('notes deliveries again when notes were lost with the requests that wrote them', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const counted: string[] = [];
      const count = (name: string): void => void counted.push(name);
      const engine = withWebhooks(
        {},
        { recordDelivery: () => new Promise(() => undefined) },
        { measures: () => ({ count, observe: () => undefined }) },
      );
      await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
      const noted = (): number => engine.asked.filter(({ method }) => method === 'recordDelivery').length;
      for (let i = 0; i < 60; i++) expect((await engine.deliver()).status).toBe(200);
      expect(noted()).toBe(50);
      vi.setSystemTime(Date.now() + 61_000);
      for (let i = 0; i < 3; i++) expect((await engine.deliver()).status).toBe(200);
      expect(noted()).toBe(53);
      expect(counted.filter((name) => name === 'perdure_webhook_deliveries_total')).toHaveLength(63);
    } finally {
      vi.useRealTimers();
    }
  });

  it('reads a secret from the Worker secret that is named, several with commas, and none but those for webhooks', async () => {
    const engine = withWebhooks({ WEBHOOK_GITHUB: `${'n'.repeat(20)}, ${SECRETS.github}` });
    const put = (secretName: string) => engine.admin('orders', { webhook: { ...webhook, secretName } });
    expect((await put('PERDURE_ADMIN_KEY')).status).toBe(400);
    expect((await put('WEBHOOK_OTHER')).body.message).toContain('no such Worker secret');
    expect((await put('WEBHOOK_GITHUB')).status).toBe(200);
    expect((await engine.deliver()).status).toBe(200);
    expect((await engine.deliver(BODY, signed('github', BODY, 0, { secret: 'n'.repeat(20) }))).status).toBe(
      200,
    );
    // Taken away, it opens nothing any more.
    (engine.env as unknown as Record<string, unknown>).WEBHOOK_GITHUB = undefined;
    expect((await engine.deliver()).status).toBe(401);
  });

  it('counts a change at once where it was made', async () => {
    const engine = withWebhooks();
    await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
    expect((await engine.deliver()).status).toBe(200);
    await engine.admin('orders/update', { webhook, secrets: ['another-secret-1'] });
    expect((await engine.deliver()).status).toBe(401);
    await engine.send('DELETE', `${NS}/webhooks/orders`, undefined, bearer(ADMIN_KEY));
    expect(
      (await engine.deliver(BODY, signed('github', BODY, 0, { secret: 'another-secret-1' }))).status,
    ).toBe(401);
  });

  it('takes no other method, and writes no credential of a delivery anywhere', async () => {
    const engine = withWebhooks();
    await engine.admin('orders', { webhook, secrets: [SECRETS.github] });
    expect((await engine.get('/webhooks/default/orders')).status).toBe(404);
    const headers = { ...signed('github', BODY, 0), authorization: 'Bearer canary', cookie: 'canary=1' };
    await engine.deliver(BODY, headers);
    expect(JSON.stringify([engine.asked, engine.logged])).not.toContain('canary');
  });

  it('names the setting that is wrong', async () => {
    const engine = withWebhooks();
    const bad: Array<[object, string]> = [
      [{ ...webhook, kind: 'paypal' }, 'webhook.kind: must be one of'],
      [{ ...webhook, secret: 'x' }, 'webhook.secret: unknown field'],
      [{ kind: 'github', signalName: 'go' }, 'webhook.workflowId: is required'],
      [{ ...webhook, start: { workflowType: { name: 'x' } } }, 'webhook.start.taskQueue: is required'],
      [{ ...webhook, when: { '$.a': [] } }, 'must not be empty'],
    ];
    for (const [settings, message] of bad) {
      const reply = await engine.admin('orders', { webhook: settings, secrets: [SECRETS.github] });
      expect([reply.status, reply.body.message]).toEqual([400, expect.stringContaining(message)]);
    }
    const name = await engine.admin('a%2Fb', { webhook, secrets: [SECRETS.github] });
    expect(name.body.message).toContain('webhookId: must have letters');
  });
});
