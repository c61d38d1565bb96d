/** The workloads: small workflows that together use everything this engine has, and whose outcome can be judged. */

import { ApplicationFailure, isCancellation } from '../../sdk/common/failure.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import { proxyActivities } from '../../sdk/workflow/activities.ts';
import { CancellationScope } from '../../sdk/workflow/cancellation-scope.ts';
import { condition } from '../../sdk/workflow/condition.ts';
import { defineQuery, defineSignal, setHandler } from '../../sdk/workflow/handlers.ts';
import { workflowInfo } from '../../sdk/workflow/info.ts';
import { proxyLocalActivities } from '../../sdk/workflow/local-activities.ts';
import { patched } from '../../sdk/workflow/patching.ts';
import { sleep } from '../../sdk/workflow/timers.ts';
import { familyWorkflows } from './family-workflows.ts';

export interface Activities {
  withdraw(ref: string, amount: number): Promise<string>;
  deposit(ref: string, amount: number): Promise<string>;
  refund(ref: string, amount: number): Promise<string>;
  double(n: number): Promise<number>;
  count(to: number): Promise<number>;
  approve(): Promise<string>;
}

const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s', maximumAttempts: 4 };
const bank = proxyActivities<Activities>({ startToCloseTimeout: '15s', retry, taskQueue: 'side' });
const patientBank = proxyActivities<Activities>({
  startToCloseTimeout: '15s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});
const main = proxyActivities<Activities>({ startToCloseTimeout: '20s', retry });
const side = proxyActivities<Activities>({ scheduleToCloseTimeout: '5m', retry, taskQueue: 'side' });
const near = proxyLocalActivities<{ pause(ms: number): Promise<number> }>({ startToCloseTimeout: '1m' });
const asking = proxyActivities<Activities>({ startToCloseTimeout: '2m', retry });
const beating = proxyActivities<Activities>({ startToCloseTimeout: '10m', heartbeatTimeout: '8s', retry });

export const add = defineSignal<[value: string]>('add');
export const finish = defineSignal('finish');
export const seen = defineQuery<string[]>('seen');

/** The money is in one account or in the other: whatever fails, what was taken is given back. */
async function transfer(ref: string, amount: number): Promise<string> {
  try {
    await bank.withdraw(ref, amount);
    await bank.deposit(ref, amount);
    return 'moved';
  } catch (error) {
    await CancellationScope.nonCancellable(() => patientBank.refund(ref, amount));
    if (isCancellation(error)) throw error;
    throw ApplicationFailure.create({ type: 'TransferFailed', message: 'given back', cause: error as Error });
  }
}

/** Activities side by side, on two task queues, some of which may fail. */
async function fanOut(width: number): Promise<number> {
  const calls = Array.from({ length: width }, (_, n) => (n % 2 === 0 ? main : side).double(n));
  const outcomes = await Promise.allSettled(calls);
  return outcomes.reduce((sum, outcome) => sum + (outcome.status === 'fulfilled' ? outcome.value : 0), 0);
}

/** Collects signals until it is told to finish or its time is up: no acknowledged signal may be missing at the end. */
async function collect(patience: number): Promise<string[]> {
  return collectWith(patience, true);
}

async function collectWith(patience: number, changed: boolean): Promise<string[]> {
  const values: string[] = [];
  let finished = false;
  setHandler(add, (value) => void values.push(value));
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(seen, () => values);
  if (changed && patched('wait-in-two-parts')) await sleep(Math.min(patience, 500));
  await condition(() => finished || values.length >= 20, patience);
  return values;
}

/** A deadline over an activity, work that must not be cancelled, and the workflow's own cancellation. */
async function scopes(limit: number): Promise<string> {
  let outcome: string;
  try {
    outcome = await CancellationScope.withTimeout(limit, async () => `counted ${await beating.count(6)}`);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const asked = CancellationScope.current().consideredCancelled;
    const kept = await CancellationScope.nonCancellable(() => main.double(21));
    if (asked) throw error;
    outcome = `out of time, ${kept}`;
  }
  const race = await Promise.race([sleep('3s').then(() => 'slept'), main.double(1)]);
  return `${outcome}, ${race}`;
}

/** One long activity that goes on where it was after every failure. */
async function beat(to: number): Promise<number> {
  return beating.count(to);
}

/** Somebody is asked, and may take a while. */
async function approval(): Promise<string> {
  return asking.approve();
}

/** Timers that are set and cleared while others fire. */
async function timers(rounds: number): Promise<number> {
  let fired = 0;
  for (let round = 0; round < rounds; round++) {
    const scope = new CancellationScope();
    const long = scope.run(() => sleep('1m').catch(() => 'cleared'));
    await Promise.race([sleep(700 * (round + 1)).then(() => fired++), long]);
    scope.cancel();
    await long;
  }
  return fired;
}

/** As it was before the change that `patched` tells of. */
async function collectBefore(patience: number): Promise<string[]> {
  return collectWith(patience, false);
}

/** Short work inside workflow tasks, and what outlasts a task goes on behind heartbeats. */
async function locals(times: number, ms: number): Promise<number> {
  let sum = 0;
  for (let n = 0; n < times; n++) sum += await near.pause(ms);
  return sum;
}

/** Comes every minute, until its execution timeout. */
async function tick(): Promise<string> {
  const { lastResult } = workflowInfo();
  await sleep(200);
  return `${(lastResult as string | undefined) ?? ''}.`;
}

/** Which is deployed. */
export type WorkflowCode = 'old' | 'new';

export const workflows: Record<string, Workflow> = {
  transfer,
  fanOut,
  collect,
  scopes,
  beat,
  timers,
  locals,
  tick,
  approval,
  ...familyWorkflows,
};

export const workflowBuilds: Record<WorkflowCode, Record<string, Workflow>> = {
  new: workflows,
  old: { ...workflows, collect: collectBefore },
};
