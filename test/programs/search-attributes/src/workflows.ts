import type { SearchAttributes } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  condition,
  defineSignal,
  proxyActivities,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { lookUp } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' });

export const customInt = defineSearchAttributeKey('CustomIntField', 'INT');
export const customKeyword = defineSearchAttributeKey('CustomKeywordField', 'KEYWORD');
export const customDate = defineSearchAttributeKey('CustomDatetimeField', 'DATETIME');
export const done = defineSignal('done');

export async function legacy(): Promise<SearchAttributes> {
  const attrs: SearchAttributes = {
    CustomIntField: [2],
    CustomKeywordField: ['updated'],
    CustomBoolField: [true],
    CustomDoubleField: [3.14],
  };
  upsertSearchAttributes(attrs);
  upsertSearchAttributes({ CustomIntField: [] });
  return workflowInfo().searchAttributes;
}

export async function typed(when: string): Promise<Record<string, unknown>> {
  let finished = false;
  setHandler(done, () => {
    finished = true;
  });
  upsertSearchAttributes([
    { key: customInt, value: 7 },
    { key: customDate, value: new Date(when) },
  ]);
  upsertMemo({ where: await lookUp() });
  await condition(() => finished, '1 minute');
  const { typedSearchAttributes, memo } = workflowInfo();
  return {
    int: typedSearchAttributes.get(customInt),
    keyword: typedSearchAttributes.get(customKeyword),
    date: typedSearchAttributes.get(customDate)?.toISOString(),
    memo,
  };
}
