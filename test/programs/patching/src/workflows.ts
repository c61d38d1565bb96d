import { defineSearchAttributeKey } from '@temporalio/common';
import {
  condition,
  continueAsNew,
  defineSignal,
  deprecatePatch,
  patched,
  proxyActivities,
  type SearchAttributes,
  setHandler,
  sleep,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { activityA, activityB } = proxyActivities<typeof activities>({ scheduleToCloseTimeout: '30 seconds' });

export async function evolving(): Promise<string> {
  let result: string;
  if (patched('use-b')) {
    result = await activityB();
    await sleep('1 day');
  } else {
    result = await activityA();
    await sleep('1 day');
  }
  return result;
}

export async function evolved(): Promise<string> {
  deprecatePatch('use-b');
  return activityB();
}

/** Counts its runs. */
export async function loop(n = 0, ids: string[] = []): Promise<string[]> {
  if (n === 3) return ids;
  await sleep(10);
  await continueAsNew<typeof loop>(n + 1, [...ids, uuid4()]);
  throw new Error('never here');
}

const stop = defineSignal('stop');

/** What cron starts: every run knows of the last one's result. */
export async function nightly(): Promise<number> {
  const { lastResult } = workflowInfo();
  return ((lastResult as number | undefined) ?? 0) + 1;
}

export async function attributes(): Promise<SearchAttributes> {
  let stopped = false;
  setHandler(stop, () => {
    stopped = true;
  });
  const key = defineSearchAttributeKey('CustomIntField', 'INT');
  upsertSearchAttributes([{ key, value: 2 }]);
  await condition(() => stopped);
  return workflowInfo().searchAttributes;
}
