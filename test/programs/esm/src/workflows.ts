import * as wf from '@temporalio/workflow';
import type * as activities from './activities.js';
import { decorate } from './text.js';

const { fetchTitle } = wf.proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export async function titles(names: string[]): Promise<string> {
  const found = await Promise.all(names.map((name) => fetchTitle(name)));
  return decorate(found.join(', '));
}
