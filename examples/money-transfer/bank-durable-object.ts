/** The bank's ledger on Cloudflare: a Durable Object with one row an entry. */

import { DurableObject } from 'cloudflare:workers';
import { type Bank, Ledger, type LedgerEntry, type LedgerStore, type Outcome, openBank } from './bank.ts';

export class BankLedger extends DurableObject {
  readonly #sql: SqlStorage;
  #ledger: Ledger | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec('CREATE TABLE IF NOT EXISTS ledger (position INTEGER PRIMARY KEY, entry TEXT NOT NULL)');
  }

  record(entry: LedgerEntry): Outcome {
    const ledger = this.#read();
    this.#sql.exec('INSERT INTO ledger (entry) VALUES (?)', JSON.stringify(entry));
    return ledger.apply(entry);
  }

  balances(accounts: string[]): Record<string, number | undefined> {
    const ledger = this.#read();
    return Object.fromEntries(accounts.map((account) => [account, ledger.balance(account)]));
  }

  /** From the rows once, then kept. */
  #read(): Ledger {
    if (this.#ledger) return this.#ledger;
    const ledger = new Ledger();
    for (const { entry } of this.#sql.exec<{ entry: string }>('SELECT entry FROM ledger ORDER BY position')) {
      ledger.apply(JSON.parse(entry) as LedgerEntry);
    }
    this.#ledger = ledger;
    return ledger;
  }
}

export function bankInDurableObject(namespace: DurableObjectNamespace<BankLedger>): Bank {
  const store: LedgerStore = {
    record: async (entry) => namespace.getByName('bank').record(entry),
    balances: async (accounts) => namespace.getByName('bank').balances(accounts),
  };
  return openBank(store);
}
