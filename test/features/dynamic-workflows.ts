/** A default workflow, and one with a name beside it. */

import { proxyActivities, proxyLocalActivities, workflowInfo } from '../../sdk/workflow/index.ts';

type Anything = Record<string, (...args: unknown[]) => Promise<string>>;
const remote = proxyActivities<Anything>({ startToCloseTimeout: '10s' });
const local = proxyLocalActivities<Anything>({ startToCloseTimeout: '10s' });

export default async function anything(...args: unknown[]): Promise<string[]> {
  return [
    `${workflowInfo().workflowType}(${args.join()})`,
    await remote.known!('a'),
    await remote.unheardOf!('b'),
    await local.unheardOf!('c'),
  ];
}

export async function named(): Promise<string> {
  return 'the named one';
}
