import { describe, expect, it } from 'vitest';
import type { WebhookDelivery, WebhookSettings } from '../../sdk/common/webhooks.ts';
import { MAX_DELIVERIES, MAX_REFUSALS, MAX_WEBHOOKS, Webhooks } from '../../src/webhooks/webhooks.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { SECRETS } from './support.ts';

const settings: WebhookSettings = { kind: 'github', workflowId: 'pr-{$.number}', signalName: 'review' };
const put = (webhookId: string, webhook: Partial<WebhookSettings> = {}, secrets?: string[]) => ({
  namespace: 'default',
  webhookId,
  webhook: { ...settings, ...webhook },
  ...(secrets && { secrets }),
});
const delivery = (n: number, more: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
  webhookId: 'a',
  receivedTime: '2026-01-01T00:00:00Z',
  outcome: 'signaled',
  deliveryId: `d${n}`,
  ...more,
});

describe('the webhooks of a namespace', () => {
  it('are written down, and outlive the object', () => {
    const sql = memorySql();
    new Webhooks(sql, () => 0).create(put('a', {}, [SECRETS.github]));
    const again = new Webhooks(sql, () => 5);
    expect(again.list()).toMatchObject([{ webhookId: 'a', path: '/webhooks/default/a', storedSecrets: 1 }]);
    expect(again.find('a')!.secrets).toEqual([SECRETS.github]);
  });

  it('show no secret but the one that the engine made, once', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    const { secret } = webhooks.create(put('a', { kind: 'standard' }));
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhooks.create(put('b', { kind: 'bearer' })).secret).toMatch(/^[\w-]{43}$/);
    webhooks.create(put('c', {}, [SECRETS.github]));
    const shown = JSON.stringify([webhooks.list(), webhooks.get('a'), webhooks.deliveries('a', {})]);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(SECRETS.github);
  });

  it('refuse settings that could not work, and say which', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    const create = (webhook: Partial<WebhookSettings>, secrets?: string[]) => () =>
      webhooks.create(put('a', webhook, secrets));
    expect(create({ workflowId: 'x-{oops}' })).toThrow('workflowId');
    expect(create({ when: { oops: ['a'] } })).toThrow('when');
    expect(create({ kind: 'stripe' })).toThrow('secrets: stripe makes one');
    expect(create({ kind: 'slack' })).toThrow('secrets: slack makes one');
    expect(create({}, ['short'])).toThrow('at least 16');
    expect(create({ kind: 'bearer' }, ['x'.repeat(31)])).toThrow('at least 32');
    expect(create({ kind: 'standard' }, ['x'.repeat(40)])).toThrow('whsec_');
    expect(create({ secretName: 'WEBHOOK_A' }, [SECRETS.github])).toThrow('one or the other');
    expect(webhooks.list()).toEqual([]);
  });

  it('have one of each name, a bound, and are gone when they are deleted', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    for (let i = 0; i < MAX_WEBHOOKS; i++) webhooks.create(put(`w${i}`));
    expect(() => webhooks.create(put('w0'))).toThrow('there is a webhook "w0"');
    expect(() => webhooks.create(put('more'))).toThrow('at most 200');
    webhooks.delete('w0');
    expect(webhooks.find('w0')).toBeUndefined();
    expect(() => webhooks.delete('w0')).toThrow('no webhook "w0"');
    webhooks.create(put('w0'));
  });

  it('keep their secrets when only settings are changed, and change them when others are given', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    webhooks.create(put('a', {}, [SECRETS.github]));
    webhooks.update(put('a', { signalName: 'other' }));
    expect(webhooks.find('a')).toMatchObject({ secrets: [SECRETS.github], webhook: { signalName: 'other' } });
    webhooks.update(put('a', {}, ['n'.repeat(16), SECRETS.github]));
    expect(webhooks.find('a')!.secrets).toEqual(['n'.repeat(16), SECRETS.github]);
    webhooks.update(put('a', { secretName: 'WEBHOOK_A' }));
    expect(webhooks.find('a')!.secrets).toEqual([]);
    expect(() => webhooks.update(put('b'))).toThrow('no webhook "b"');
  });

  it('cost nothing where there are none: looking for one writes nothing', () => {
    const sql = memorySql();
    const webhooks = new Webhooks(sql, () => 0);
    expect(webhooks.find('x')).toBeUndefined();
    expect(webhooks.list()).toEqual([]);
    webhooks.record(delivery(1, { outcome: 'refused' }));
    expect([...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'")]).toEqual([]);
  });
});

describe('the list of deliveries', () => {
  it('is read in pages, the newest first, those of one webhook alone', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    webhooks.create(put('a'));
    for (let n = 1; n <= 5; n++) webhooks.record(delivery(n));
    webhooks.record(delivery(6, { webhookId: 'b' }));
    const first = webhooks.deliveries('a', { pageSize: 3 });
    expect(first.deliveries.map(({ deliveryId }) => deliveryId)).toEqual(['d5', 'd4', 'd3']);
    const second = webhooks.deliveries('a', { pageSize: 3, nextPageToken: first.nextPageToken! });
    expect(second.deliveries.map(({ deliveryId }) => deliveryId)).toEqual(['d2', 'd1']);
    expect(second.nextPageToken).toBeUndefined();
    expect(() => webhooks.deliveries('a', { nextPageToken: 'x' })).toThrow('not a token');
  });

  it('has what was refused where its time is', () => {
    const webhooks = new Webhooks(memorySql(), () => 0);
    webhooks.create(put('a'));
    webhooks.record(delivery(1));
    webhooks.record(delivery(2, { outcome: 'refused', receivedTime: '2026-01-01T00:00:00.500Z' }));
    webhooks.record(delivery(3, { receivedTime: '2026-01-01T00:00:01Z' }));
    const { deliveries } = webhooks.deliveries('a', {});
    expect(deliveries.map(({ deliveryId }) => deliveryId)).toEqual(['d3', 'd2', 'd1']);
  });

  it('is bounded; what was refused is remembered without being written, and bounded too', () => {
    const sql = memorySql();
    const webhooks = new Webhooks(sql, () => 0);
    webhooks.create(put('a'));
    for (let n = 1; n <= MAX_DELIVERIES + 5; n++) webhooks.record(delivery(n));
    expect([...sql.exec('SELECT count(*) AS n FROM webhook_deliveries')]).toEqual([{ n: MAX_DELIVERIES }]);
    const written = sql.statements.length;
    for (let n = 1; n <= MAX_REFUSALS + 5; n++) webhooks.record(delivery(n, { outcome: 'refused' }));
    expect(sql.statements.length).toBe(written);
    const { deliveries } = webhooks.deliveries('a', { pageSize: 1 });
    expect(deliveries.filter(({ outcome }) => outcome === 'refused')).toHaveLength(MAX_REFUSALS);
    expect(deliveries[0]!.deliveryId).toBe(`d${MAX_REFUSALS + 5}`);
  });
});
