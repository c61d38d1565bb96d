import { ApplicationFailure } from 'perdure/common';
import { crashEverywhere, historyToText, loseAnswer, TestWorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from './activities.ts';
import { type Bank, Ledger, openBank } from './bank.ts';
import { type PaymentDetails, TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { moneyTransfer, approvedTransfer } = workflows;
const details: PaymentDetails = {
  amount: 400,
  sourceAccount: 'acct-alice',
  targetAccount: 'acct-bob',
  referenceId: 'ref-1',
};
const accounts = [details.sourceAccount, details.targetAccount];

let env: TestWorkflowEnvironment;
let bank: Bank;
let workflowId: string;

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(() => env.teardown());
beforeEach(() => {
  const ledger = new Ledger();
  bank = openBank({
    record: async (entry) => ledger.apply(entry),
    balances: async (names) => Object.fromEntries(names.map((name) => [name, ledger.balance(name)])),
  });
  workflowId = `transfer-${crypto.randomUUID()}`;
});

/** Runs a transfer with a bank some of whose services are replaced. Answers with the result or the error. */
function transfer(replaced: Partial<Bank> = {}, changed: Partial<PaymentDetails> = {}): Promise<unknown> {
  const activities = createActivities({ ...bank, ...replaced });
  return env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
    env.client.workflow
      .execute(moneyTransfer, { taskQueue: TASK_QUEUE, workflowId, args: [{ ...details, ...changed }] })
      .catch((error) => error.cause),
  );
}
const out = async (): Promise<string> => {
  throw new Error('out of order');
};

describe('a transfer', () => {
  it('takes the amount from one account and puts it into the other', async () => {
    expect(await transfer()).toBe('Transfer complete (transaction IDs: W000001, D000002)');
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 1_600, 'acct-bob': 900 });
  });

  it('goes on when a deposit works at the fourth attempt, 7 s later, with one withdrawal', async () => {
    const times: number[] = [];
    const deposit: Bank['deposit'] = async (...call) => {
      times.push(await env.currentTimeMs());
      return times.length < 4 ? out() : bank.deposit(...call);
    };
    expect(await transfer({ deposit })).toMatch(/^Transfer complete/);
    expect(times.map((time) => Math.round((time - times[0]!) / 1_000))).toEqual([0, 1, 3, 7]);
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 1_600, 'acct-bob': 900 });
  });

  it('with an unknown target account gives the money back at once', async () => {
    const error = (await transfer({}, { targetAccount: 'acct-nobody' })) as ApplicationFailure;
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error.type).toBe('DepositFailed');
    expect(error.message).toBe(
      '400 could not be paid into acct-nobody and went back to acct-alice (transaction ID: R000003)',
    );
    expect(error.cause?.cause).toMatchObject({ message: 'There is no account acct-nobody' });
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 2_000, 'acct-bob': 500 });
  });

  it('that is tried once more and then refused for good gives the money back', async () => {
    let attempts = 0;
    const deposit: Bank['deposit'] = async () => {
      if (++attempts === 1) return out();
      throw ApplicationFailure.nonRetryable('the account was closed', 'InvalidAccountError');
    };
    const error = (await transfer({ deposit })) as ApplicationFailure;
    expect([attempts, error.type]).toEqual([2, 'DepositFailed']);
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 2_000, 'acct-bob': 500 });
    const history = historyToText(await env.client.workflow.getHandle(workflowId).fetchHistory());
    expect(history.match(/(?<=ActivityTaskScheduled )\w+/g)).toEqual(['withdraw', 'deposit', 'refund']);
    expect(history).toContain('attempt 2');
  });

  it('moves nothing when the source account holds too little', async () => {
    const error = (await transfer({}, { amount: 5_000 })) as ApplicationFailure;
    expect(error.type).toBe('WithdrawalFailed');
    expect(error.cause?.cause).toMatchObject({ type: 'InsufficientFundsError' });
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 2_000, 'acct-bob': 500 });
  });
});

describe('a transfer that cannot be made', () => {
  it('whose refund fails too says where the money is', async () => {
    const refund: Bank['refund'] = async () => {
      throw ApplicationFailure.nonRetryable('the account is frozen', 'InvalidAccountError');
    };
    const error = (await transfer({ refund }, { targetAccount: 'acct-nobody' })) as ApplicationFailure;
    expect(error.type).toBe('RefundFailed');
    expect(error.message).toContain(
      '400 left acct-alice (transaction ID: W000001) and is in neither account',
    );
    expect(error.message).toContain('There is no account acct-nobody');
    expect(error.cause?.cause).toMatchObject({ message: 'the account is frozen' });
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 1_600, 'acct-bob': 500 });
  });

  it('ends after 500 attempts, with the money back', async () => {
    let attempts = 0;
    const deposit: Bank['deposit'] = () => {
      attempts++;
      return out();
    };
    const error = (await transfer({ deposit })) as ApplicationFailure;
    expect(attempts).toBe(500);
    expect(error.type).toBe('DepositFailed');
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 2_000, 'acct-bob': 500 });
  });

  it('says how far it was', async () => {
    await transfer();
    const activities = createActivities(bank);
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      expect(await env.client.workflow.getHandle(workflowId).query(workflows.getProgress)).toBe('done');
    });
  });
});

describe('a transfer that needs approval', () => {
  const start = () =>
    env.client.workflow.start(approvedTransfer, { taskQueue: TASK_QUEUE, workflowId, args: [details] });

  it('waits for the signal', async () => {
    const activities = createActivities(bank);
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      const handle = await start();
      expect(await handle.query(workflows.getProgress)).toBe('waiting for approval');
      await handle.signal(workflows.approve, 'Carol');
      expect(await handle.result()).toMatch(/^Transfer complete/);
    });
  });

  it('fails after a day without one, and moves nothing', async () => {
    const activities = createActivities(bank);
    await env.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, async () => {
      const handle = await start();
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'NotApproved' } });
    });
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 2_000, 'acct-bob': 500 });
  });
});

describe('whatever goes wrong', () => {
  const run = { taskQueue: TASK_QUEUE, args: [details] as [PaymentDetails] };

  it('the money moves once, wherever engine and Worker die', async () => {
    const { result } = await crashEverywhere(
      async (crashing) => {
        const ledger = new Ledger();
        const activities = createActivities(
          openBank({
            record: async (entry) => ledger.apply(entry),
            balances: async (names) => Object.fromEntries(names.map((name) => [name, ledger.balance(name)])),
          }),
        );
        await crashing.runUntil({ taskQueue: TASK_QUEUE, workflows, activities }, () =>
          crashing.client.workflow.execute(moneyTransfer, { ...run, workflowId: 'crashing' }),
        );
        return accounts.map((name) => ledger.balance(name));
      },
      { restart: 'engine and workers' },
    );
    expect(result).toEqual([1_600, 900]);
  });

  it('the money moves once though the bank’s answers are lost', async () => {
    const faults = { activities: { withdraw: loseAnswer(), deposit: loseAnswer() } };
    expect(await env.withFaults(faults, () => transfer())).toMatch(/^Transfer complete/);
    expect(await bank.balances(accounts)).toEqual({ 'acct-alice': 1_600, 'acct-bob': 900 });
    const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
    const types = historyToText(history, { withoutWorkflowTasks: true }).match(/(?<=^ *\d+ )\w+/gm);
    expect(types).toEqual([
      'WorkflowExecutionStarted',
      ...Array.from({ length: 2 }, () => [
        'ActivityTaskScheduled',
        'ActivityTaskStarted',
        'ActivityTaskCompleted',
      ]).flat(),
      'WorkflowExecutionCompleted',
    ]);
  });
});
