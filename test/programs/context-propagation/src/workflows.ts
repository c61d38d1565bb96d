import {
  continueAsNew,
  defineQuery,
  defineUpdate,
  executeChild,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type * as activities from './activities';
import { getContext } from './context/workflow-interceptors';

const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: '5 minutes' });
const { greet: greetLocally } = proxyLocalActivities<typeof activities>({ startToCloseTimeout: '5s' });

export const who = defineQuery<string | undefined>('who');
export const ask = defineUpdate<string, [string]>('ask');

export async function sampleWorkflow(rounds = 1): Promise<string[]> {
  setHandler(who, () => getContext().customer);
  setHandler(ask, async (name) => greet(name), {
    validator: (name) => {
      if (name === getContext().customer) throw new Error('that is you');
    },
  });
  log.info('Running');
  if (rounds > 0) await continueAsNew<typeof sampleWorkflow>(rounds - 1);
  return [await greet('a'), await greetLocally('b'), await executeChild(child, { args: ['c'] })];
}

export async function child(name: string): Promise<string> {
  return `${await greet(name)} (${getContext().customer})`;
}
