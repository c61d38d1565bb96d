/** The bank: what it offers, and the rules by which its ledger is read. Where the ledger lives is another file's matter. */

import { ApplicationFailure } from 'perdure/common';

/** Each call is idempotent: repeated with the same reference it moves nothing and answers as before. */
export interface Bank {
  /** @returns the transaction id. */
  withdraw(account: string, amount: number, referenceId: string): Promise<string>;
  deposit(account: string, amount: number, referenceId: string): Promise<string>;
  refund(account: string, amount: number, referenceId: string): Promise<string>;
  balances(accounts: string[]): Promise<Record<string, number>>;
}

export type TransactionKind = 'withdraw' | 'deposit' | 'refund';

/** One call to the bank, as the ledger keeps it: repeated and refused ones too. */
export interface LedgerEntry {
  kind: TransactionKind;
  account: string;
  amount: number;
  referenceId: string;
  /** RFC 3339. */
  time: string;
}

/** What an entry led to. Plain data, so that it can travel from a Durable Object. */
export type Outcome =
  | { transactionId: string }
  | { refused: 'InvalidAccountError' | 'InsufficientFundsError' | 'InvalidAmountError'; message: string };

/** Accounts and what they held before the first entry. */
const OPENING_BALANCES: Record<string, number> = { 'acct-alice': 2_000, 'acct-bob': 500 };

/**
 * The ledger as it is read: entries in order decide balances and outcomes, whoever wrote them. So writers need no lock,
 * only an append that is atomic: of two entries with the same reference the first counts.
 */
export class Ledger {
  readonly #balances = new Map(Object.entries(OPENING_BALANCES));
  readonly #transactions = new Map<string, string>();
  #entries = 0;

  apply(entry: LedgerEntry): Outcome {
    this.#entries++;
    const { kind, account, amount, referenceId } = entry;
    const key = `${kind} ${referenceId}`;
    const done = this.#transactions.get(key);
    if (done) return { transactionId: done };
    const balance = this.#balances.get(account);
    if (balance === undefined)
      return { refused: 'InvalidAccountError', message: `There is no account ${account}` };
    if (!(Number.isSafeInteger(amount) && amount > 0)) {
      return { refused: 'InvalidAmountError', message: `${amount} is not a positive whole amount` };
    }
    const change = kind === 'withdraw' ? -amount : amount;
    if (balance + change < 0) {
      const message = `Account ${account} holds ${balance}, which is less than ${amount}`;
      return { refused: 'InsufficientFundsError', message };
    }
    const transactionId = `${kind[0]!.toUpperCase()}${String(this.#entries).padStart(6, '0')}`;
    this.#balances.set(account, balance + change);
    this.#transactions.set(key, transactionId);
    return { transactionId };
  }

  balance(account: string): number | undefined {
    return this.#balances.get(account);
  }
}

/** Where a ledger is kept. */
export interface LedgerStore {
  /** Appends durably, and answers with what the entry led to at its place in the ledger. */
  record(entry: LedgerEntry): Promise<Outcome>;
  balances(accounts: string[]): Promise<Record<string, number | undefined>>;
}

/** The bank over any store. What is refused fails for good: trying again would not help. */
export function openBank(store: LedgerStore): Bank {
  const transact = async (
    kind: TransactionKind,
    account: string,
    amount: number,
    referenceId: string,
  ): Promise<string> => {
    const time = new Date().toISOString();
    const outcome = await store.record({ kind, account, amount, referenceId, time });
    if ('refused' in outcome) throw ApplicationFailure.nonRetryable(outcome.message, outcome.refused);
    return outcome.transactionId;
  };
  return {
    withdraw: (...call) => transact('withdraw', ...call),
    deposit: (...call) => transact('deposit', ...call),
    refund: (...call) => transact('refund', ...call),
    async balances(accounts) {
      const balances = await store.balances(accounts);
      const unknown = accounts.find((account) => balances[account] === undefined);
      if (unknown === undefined) return balances as Record<string, number>;
      throw ApplicationFailure.nonRetryable(`There is no account ${unknown}`, 'InvalidAccountError');
    },
  };
}
