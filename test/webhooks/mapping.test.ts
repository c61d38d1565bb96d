import { describe, expect, it } from 'vitest';
import type { WebhookSettings } from '../../sdk/common/webhooks.ts';
import { parseExpression, parseTemplate } from '../../src/webhooks/expression.ts';
import { mappingOf } from '../../src/webhooks/mapping.ts';

const body = {
  id: 'evt_1',
  data: { object: { id: 42, 'a key': [{ deep: 'x' }], none: null } },
  list: ['a', 'b'],
  action: 'approved',
};
const headers = new Headers({ 'x-github-event': 'push', authorization: 'Bearer secret', 'x-api-token': 't' });
const delivery = { body, headers };
const read = (text: string): unknown => parseExpression(text, 'f')(delivery);

describe('an expression', () => {
  it.each([
    ['$', body],
    ['$.id', 'evt_1'],
    ['$.data.object.id', 42],
    ["$.data.object['a key'][0].deep", 'x'],
    ['$["data"]["object"].id', 42],
    ['$.list[1]', 'b'],
    ['$.list[2]', undefined],
    ['$.list.length', undefined],
    ['$.id[0]', undefined],
    ['$.missing.more', undefined],
    ['$.constructor', undefined],
    ['$.__proto__.toString', undefined],
    ['header:x-github-event', 'push'],
    ['header:x-other', undefined],
  ])('%s reads what stands there of its own', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it('reads a key __proto__ that a sender wrote, as data', () => {
    const hostile = { body: JSON.parse('{"__proto__":{"x":"y"}}') as unknown, headers };
    expect(parseExpression('$.__proto__.x', 'f')(hostile)).toBe('y');
    expect(parseExpression('$.x', 'f')(hostile)).toBeUndefined();
  });

  it.each([
    '',
    'id',
    '$id',
    '$.',
    '$..id',
    '$.*',
    '$[*]',
    '$[-1]',
    '$[?(@.x)]',
    "$['open",
    '$.a b',
    'header:',
    `$${'.a'.repeat(600)}`,
  ])('%j is none', (text) => {
    expect(() => parseExpression(text, 'signalArgs.0')).toThrow('signalArgs.0');
  });

  it.each([
    'header:authorization',
    'header:cookie',
    'header:x-api-token',
    'header:x-hub-signature-256',
    'header:webhook-signature',
    'header:x-auth-user',
    'header:cf-access-jwt-assertion',
    'header:x-amz-security-token',
  ])('SEC-T10: %s is never read', (text) => {
    expect(() => parseExpression(text, 'f')).toThrow('no expression');
  });
});

describe('a template', () => {
  it.each([
    ['order-{$.data.object.id}', 'order-42'],
    ["{$.action}/{$['list'][0]}", 'approved/a'],
    ['{{literal}}-{ $.id }', '{literal}-evt_1'],
    ['plain', 'plain'],
    ['{header:x-github-event}', 'push'],
  ])('%s is filled in', (text, filled) => {
    expect(parseTemplate(text, 'workflowId')(delivery)).toBe(filled);
  });

  it.each(['', 'a{', 'a}', '{$.id', '{}', '{id}', 'x'.repeat(1_001)])('%j is none', (text) => {
    expect(() => parseTemplate(text, 'workflowId')).toThrow('workflowId');
  });

  it.each(['$.missing', '$.data.object.none', '$.data', '$.list'])(
    'is not filled with %s, which is no text: never "undefined" or "[object Object]" in an id',
    (expression) => {
      expect(() => parseTemplate(`order-{${expression}}`, 'workflowId')(delivery)).toThrow(expression);
    },
  );

  it('takes what was sent for text alone: braces in it are not filled in again', () => {
    const sent = { body: { a: '{$.b}', b: 'secret' }, headers };
    expect(parseTemplate('x-{$.a}', 'f')(sent)).toBe('x-{$.b}');
  });
});

describe('a mapping', () => {
  const settings: WebhookSettings = {
    kind: 'stripe',
    workflowId: 'order-{$.data.object.id}',
    signalName: '{$.action}',
  };
  const mapping = (more: Partial<WebhookSettings> = {}) => mappingOf({ ...settings, ...more });

  it('has the whole body as the one argument, unless told otherwise', () => {
    expect(mapping().map(delivery).signalArgs).toEqual([body]);
    const told = mapping({ signalArgs: ['$.id', '$.missing', '$.list'] }).map(delivery);
    expect(told.signalArgs).toEqual(['evt_1', null, ['a', 'b']]);
    expect(mapping({ signalArgs: [] }).map(delivery).signalArgs).toEqual([]);
  });

  it('wants a delivery when every condition has one of its texts', () => {
    const wants = (when: Record<string, string[]>): boolean => mapping({ when }).wants(delivery);
    expect(wants({ '$.action': ['rejected', 'approved'] })).toBe(true);
    expect(wants({ '$.action': ['approved'], 'header:x-github-event': ['pull_request'] })).toBe(false);
    expect(wants({ '$.data.object.id': ['42'] })).toBe(true);
    expect(wants({ '$.missing': ['undefined'] })).toBe(false);
    expect(wants({ '$.data': ['[object Object]'] })).toBe(false);
  });

  it('never sends a signal of the engine’s own', () => {
    const reserved = { body: { ...body, action: '__temporal_workflow_metadata' }, headers };
    expect(() => mapping().map(reserved)).toThrow('reserved');
  });

  it('finds the delivery id where the kind has it, or where it is told to look', () => {
    expect(mapping().deliveryId(delivery)).toBe('evt_1');
    expect(mapping({ deliveryId: '$.list[0]' }).deliveryId(delivery)).toBe('a');
    expect(mapping({ kind: 'github' }).deliveryId(delivery)).toBeUndefined();
    const slack = { body: { payload: { trigger_id: 't' } }, headers };
    expect(mapping({ kind: 'slack' }).deliveryId(slack)).toBe('t');
  });
});
