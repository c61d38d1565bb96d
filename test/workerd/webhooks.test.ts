/** Webhooks in the real runtime: its WebCrypto, the Namespace object, and an object that dies between two deliveries. */

import { evictDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { until } from '../http-api.ts';
import { type Kind, SECRETS, signed } from '../webhooks/support.ts';
import { api, env, executionStub, tablesOf } from './support.ts';

const self = (exports as unknown as { default: Fetcher }).default;

async function deliver(kind: Kind, body: object, id: string): Promise<number> {
  const text = JSON.stringify(body);
  const headers = signed(kind, text, Date.now(), { id });
  const url = `http://127.0.0.1/webhooks/default/${kind}`;
  const response = await self.fetch(url, { method: 'POST', headers, body: text });
  await response.text();
  return response.status;
}

it('a webhook that nobody made allocates nothing, in no namespace', async () => {
  expect(await deliver('stripe', { id: 'e' }, 'd')).toBe(401);
  expect(await tablesOf(env.NAMESPACE.getByName('default'))).not.toContain('webhooks');
});

it.each(['stripe', 'standard'] as const)('%s signals once, over evictions of both objects', async (kind) => {
  const workflowId = `hook-${kind}`;
  await api.ok('POST', `/webhooks/${kind}`, {
    webhook: { kind, workflowId: 'hook-{$.who}', signalName: 'add', signalArgs: ['$.item'] },
    secrets: [SECRETS[kind]],
  });
  await api.start({ workflowId, workflowType: 'gather', taskQueue: 'plain', args: [2] });
  const first = { id: 'e1', event_id: 'e1', who: kind, item: 'one' };
  expect(await deliver(kind, first, 'd1')).toBe(200);
  await evictDurableObject(executionStub(workflowId));
  await evictDurableObject(env.NAMESPACE.getByName('default'));
  expect(await deliver(kind, first, 'd1')).toBe(200);
  expect(await deliver(kind, { ...first, id: 'e2', event_id: 'e2', item: 'two' }, 'd2')).toBe(200);
  expect(await api.result(workflowId)).toEqual(['one', 'two']);
  await until('the deliveries to be noted', async () => {
    const { deliveries } = await api.ok<{ deliveries: object[] }>('GET', `/webhooks/${kind}/deliveries`);
    return deliveries.length === 3;
  });
});
