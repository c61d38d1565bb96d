import { describe, expect, it } from 'vitest';
import { defineSearchAttributeKey } from '../../sdk/common/index.ts';
import { QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const amount = defineSearchAttributeKey('Amount', 'INT');
const customer = defineSearchAttributeKey('Customer', 'KEYWORD');
const colors = defineSearchAttributeKey('Colors', 'KEYWORD_LIST');

describe('memo and search attributes', () => {
  it('are set by the start, changed by the workflow, and shown by describe and list', () =>
    withEngine(async ({ client, env }) => {
      const handle = await client.workflow.start(workflows.tagged, {
        taskQueue: QUEUE,
        workflowId: 'w',
        memo: { note: 'from the start', other: 1 },
        searchAttributes: { City: ['Bergen'] },
        typedSearchAttributes: [{ key: customer, value: 'c-1' }],
        staticSummary: 'a summary',
      });
      await env.sleep(0);
      const listed = [];
      for await (const info of client.workflow.list({ query: "WorkflowId = 'w'" })) listed.push(info);
      for (const info of [await handle.describe(), ...listed]) {
        expect(info.memo).toEqual({ step: 'begun', other: 1 });
        expect(info.searchAttributes).toMatchObject({
          City: ['Oslo'],
          Amount: [400],
          Colors: ['red', 'blue'],
        });
        expect(info.typedSearchAttributes.get(amount)).toBe(400);
        expect(info.typedSearchAttributes.get(customer)).toBe('c-1');
        expect(info.typedSearchAttributes.get(colors)).toEqual(['red', 'blue']);
      }
      expect(listed).toHaveLength(1);
      expect(await (await handle.describe()).staticSummary()).toBe('a summary');
      expect(await handle.result()).toMatchObject({ memo: { step: 'begun', other: 1 } });
    }));
});
