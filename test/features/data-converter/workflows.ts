/** Workflows of the data converter's tests, against what both SDKs have. Every text of theirs is called `secret…`. */

import { ApplicationFailure } from 'perdure/common';
import {
  ActivityFailure,
  ChildWorkflowFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  makeContinueAsNewFunc,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from 'perdure/workflow';
import { Money } from './money.ts';

interface Activities {
  echo<T>(value: T): Promise<T>;
  refuse(what: string): Promise<void>;
  beat(): Promise<string>;
}
const { echo, refuse, beat } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
});
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s', retry: { maximumAttempts: 1 } });

export const finish = defineSignal<[string]>('finish');
export const peek = defineQuery<string, [string]>('peek');
export const change = defineUpdate<string, [string]>('change');

/** What was observed, as a number in a patch id: those are compared in a replay, and hold no payload. */
function saw(facts: unknown): void {
  const hash = [...JSON.stringify(facts)].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7);
  patched(`saw:${hash}`);
}

/** Uses everything that has payloads. */
export async function everything(input: string): Promise<string[]> {
  const seen = [input];
  let finished = false;
  setHandler(finish, (text) => {
    seen.push(text);
    finished = true;
  });
  setHandler(peek, (text) => {
    if (text === 'secret-error') throw new Error('secret-query-error');
    return `${text} ${seen.length}`;
  });
  setHandler(
    change,
    async (text) => {
      if (text === 'secret-fail')
        throw ApplicationFailure.nonRetryable('secret-update-error', 'Refused', 'secret-detail');
      return local.echo(`${text} changed`);
    },
    {
      validator: (text) => {
        if (text === 'secret-no') throw new Error('secret-rejection');
      },
    },
  );
  seen.push(await echo('secret-activity'));
  seen.push(await local.echo('secret-local'));
  seen.push(await beat());
  seen.push(await refuse('secret-refused').then(String, outline));
  seen.push(await local.refuse('secret-refused-locally').then(String, outline));
  seen.push(await executeChild(child, { args: ['secret-child'], memo: { note: 'secret-child-memo' } }));
  seen.push(await executeChild(child, { args: ['secret-fail'] }).catch(outline));
  upsertMemo({ state: 'secret-memo' });
  await sleep('1s', { summary: 'secret-timer' });
  await condition(() => finished);
  saw(seen);
  return await makeContinueAsNewFunc<typeof last>({ workflowType: 'last' })(seen);
}

export async function child(text: string): Promise<string> {
  if (text === 'secret-fail')
    throw ApplicationFailure.nonRetryable('secret-child-error', 'Refused', 'secret-detail');
  const answer = `${text} ${workflowInfo().memo?.note}`;
  saw(answer);
  return answer;
}

export async function last(seen: string[]): Promise<string[]> {
  saw(seen);
  return seen;
}

function outline(error: unknown): string {
  const wrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  const cause = wrapped ? error.cause : error;
  const details = cause instanceof ApplicationFailure ? cause.details : [];
  return `${cause instanceof Error ? cause.message : ''} ${details}`;
}

/** Money is an instance of this file's own class, wherever it came from. */
export async function sums(start: Money): Promise<Money> {
  if (!(start instanceof Money)) throw ApplicationFailure.nonRetryable('the argument is no Money');
  const more = await echo(new Money(5n));
  if (!(more instanceof Money)) throw ApplicationFailure.nonRetryable('the result is no Money');
  const sum = start.plus(more);
  saw(String(sum.cents));
  return sum;
}

export async function fails(): Promise<void> {
  try {
    await refuse('secret-refused');
  } catch (error) {
    saw(outline(error));
    throw error;
  }
}
