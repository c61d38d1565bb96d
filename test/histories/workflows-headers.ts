/** Workflows whose calls carry headers, put there by interceptors-headers.ts. */

import * as wf from 'perdure/workflow';

interface Activities {
  step(name: string): Promise<string>;
  cached(): Promise<string>;
}
const { step, cached } = wf.proxyActivities<Activities>({ startToCloseTimeout: '1s' });

export async function headersEverywhere(): Promise<unknown> {
  const results = [await step('one'), await cached()];
  const child = await wf.startChild('other', { workflowId: 'headers-child' });
  await child.signal('hello');
  await wf.getExternalWorkflowHandle('headers-other').signal('hello');
  return [...results, await child.result()];
}

export async function headersOfSignals(): Promise<string[]> {
  const seen: string[] = [];
  wf.setHandler(wf.defineSignal<[string]>('go'), async (name) => void seen.push(await step(name)));
  await wf.condition(() => seen.length === 2, '1 minute');
  return seen;
}

export async function headersCarriedOn(rounds: number): Promise<void> {
  await wf.sleep('10 seconds');
  await wf.continueAsNew<typeof headersCarriedOn>(rounds - 1);
}

export async function headersInScopes(): Promise<string> {
  try {
    await wf.CancellationScope.withTimeout('5 seconds', () => step('slow'));
    return 'in time';
  } catch (error) {
    return wf.isCancellation(error) ? `cancelled, ${await cached()}` : String(error);
  }
}
