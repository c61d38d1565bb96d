/** The workloads that have to do with other workflows, with callers, and with runs after their own. */

import type { ChildWorkflowCancellationType, ParentClosePolicy } from '../../sdk/common/enums.ts';
import { ApplicationFailure } from '../../sdk/common/failure.ts';
import type { RetryPolicy } from '../../sdk/common/retry-policy.ts';
import type { Workflow } from '../../sdk/common/types.ts';
import { proxyActivities } from '../../sdk/workflow/activities.ts';
import { CancellationScope } from '../../sdk/workflow/cancellation-scope.ts';
import { executeChild, startChild } from '../../sdk/workflow/children.ts';
import { condition } from '../../sdk/workflow/condition.ts';
import { continueAsNew } from '../../sdk/workflow/continue-as-new.ts';
import { getExternalWorkflowHandle } from '../../sdk/workflow/external.ts';
import {
  allHandlersFinished,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '../../sdk/workflow/handlers.ts';
import { workflowInfo } from '../../sdk/workflow/info.ts';
import { upsertMemo } from '../../sdk/workflow/memo.ts';
import { sleep } from '../../sdk/workflow/timers.ts';

const main = proxyActivities<{ double(n: number): Promise<number> }>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '1s', maximumInterval: '20s', maximumAttempts: 4 },
});

const add = defineSignal<[value: string]>('add');
const finish = defineSignal('finish');
const seen = defineQuery<string[]>('seen');
const book = defineUpdate<string, [n: number]>('book');
const note = defineUpdate<string, [n: number]>('note');

export interface ChildPlan {
  workflowId: string;
  type: string;
  args: unknown[];
  policy: ParentClosePolicy;
  cancellation: ChildWorkflowCancellationType;
  /** Its scope is cancelled after so many milliseconds; 0: in the task that asks for it. */
  cancelAfter?: number;
  signaled?: boolean;
  retry?: RetryPolicy;
  workflowRunTimeout?: number;
}

export interface FamilyPlan {
  children: ChildPlan[];
  patience: number;
  /**
   * Wait for all; close with children open, at once or later; fail with children open; or go on as a new run with
   * the same children.
   */
  end: 'wait' | 'drop' | 'leave' | 'fail' | 'again';
}

async function parent(plan: FamilyPlan): Promise<string[]> {
  const outcomes = Promise.all(plan.children.map(raise));
  if (plan.end === 'wait') return outcomes;
  if (plan.end === 'drop') return ['dropped'];
  await Promise.race([outcomes, sleep(plan.patience)]);
  if (plan.end === 'fail') throw ApplicationFailure.nonRetryable('these children are too much');
  if (plan.end === 'again') await continueAsNew<typeof parent>({ ...plan, end: 'wait' });
  return ['left'];
}

/** A child and what is done to it. Whatever it comes to, the family goes on. */
async function raise(plan: ChildPlan): Promise<string> {
  const { cancellation, cancelAfter } = plan;
  const options = {
    workflowId: plan.workflowId,
    args: plan.args,
    parentClosePolicy: plan.policy,
    cancellationType: cancellation,
    retry: plan.retry,
    workflowRunTimeout: plan.workflowRunTimeout,
  };
  // `startChild` gets no answer in this runtime (a finding) when such a child is cancelled between its initiation and
  // its start; its result is settled, which is all that `executeChild` waits for.
  const settlesAtOnce = cancellation === 'ABANDON' || cancellation === 'TRY_CANCEL';
  const scope = new CancellationScope();
  const outcome = scope
    .run(async () => {
      if (settlesAtOnce) return JSON.stringify(await executeChild<Workflow>(plan.type, options));
      const child = await startChild<Workflow>(plan.type, options);
      if (plan.signaled) await child.signal(add, `of ${workflowInfo().runId}`);
      return JSON.stringify(await child.result());
    })
    .catch((error: Error) => error.name);
  if (cancelAfter === 0) scope.cancel();
  else if (cancelAfter) {
    void sleep(cancelAfter).then(
      () => scope.cancel(),
      () => undefined,
    );
  }
  return outcome;
}

/** A child that does little, in one way or another. */
async function leaf(kind: string, ms: number): Promise<string> {
  if (kind === 'work') return `worked ${await main.double(ms)}`;
  if (kind === 'stubborn') await CancellationScope.nonCancellable(() => sleep(ms));
  else await sleep(ms);
  if (kind === 'fail') throw ApplicationFailure.create({ message: 'a bad child', type: 'Bad' });
  if (kind === 'again') await continueAsNew<typeof leaf>('sleep', ms);
  return kind;
}

/** Takes signals and updates from run to run: what was acknowledged to anyone is there at the end of the chain. */
async function chain(rounds: number, patience: number, values: string[] = []): Promise<string[]> {
  let finished = false;
  setHandler(add, (value) => void values.push(value));
  setHandler(finish, () => {
    finished = true;
  });
  setHandler(seen, () => values);
  setHandler(note, (n) => `note ${n}`, { validator: notNegative });
  const enough = values.length + 3;
  upsertMemo({ values: values.length });
  await condition(() => finished || values.length >= enough, patience);
  if (!finished && rounds > 1) await continueAsNew<typeof chain>(rounds - 1, patience, values);
  return values;
}

/** Answers updates, at once or after some work; a tidy one ends only when all of them have their answers. */
async function desk(patience: number, tidy: boolean): Promise<number> {
  let answered = 0;
  let finished = false;
  const values: string[] = [];
  setHandler(
    book,
    async (n) => {
      await main.double(n);
      answered++;
      return `book ${n}`;
    },
    { validator: notNegative },
  );
  const answerAtOnce = (n: number): string => {
    answered++;
    return `note ${n}`;
  };
  setHandler(note, answerAtOnce, { validator: notNegative });
  setHandler(add, (value) => void values.push(value));
  setHandler(finish, () => {
    finished = true;
  });
  await condition(() => finished, patience);
  if (tidy) await condition(allHandlersFinished);
  return answered;
}

function notNegative(n: number): void {
  if (n < 0) throw new Error('less than nothing');
}

export interface Call {
  workflowId: string;
  kind: 'signal' | 'cancel';
}

/** Speaks to other workflows, itself among them; one that does not wait closes with its calls on their way. */
async function chatter(calls: Call[], waits: boolean): Promise<string[]> {
  const answers = calls.map(async ({ workflowId, kind }, n) => {
    const handle = getExternalWorkflowHandle(workflowId);
    try {
      await (kind === 'cancel' ? handle.cancel() : handle.signal(add, `${workflowInfo().runId} ${n}`));
      return 'done';
    } catch (error) {
      return (error as Error).name;
    }
  });
  if (waits) return Promise.all(answers);
  await sleep(1);
  return [];
}

/** Fails until it is this attempt. */
async function flaky(times: number, pause: number): Promise<number> {
  const { attempt } = workflowInfo();
  await sleep(pause);
  if (attempt < times) throw ApplicationFailure.create({ message: `attempt ${attempt} of ${times}` });
  return attempt;
}

export const familyWorkflows: Record<string, Workflow> = { parent, leaf, chain, desk, chatter, flaky };
