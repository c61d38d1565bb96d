/** The accounts and the bank, made up. */

import type { SettleRequest } from './workflows.ts';

/** The accounts that are to be settled. */
export async function accountsOf(_day: string): Promise<number[]> {
  return Array.from({ length: 20 }, (_, i) => i + 1);
}

/** Answers with the amount. The bank of every seventh account does not answer in the first round. */
export async function settle({ account, day, round }: SettleRequest): Promise<number> {
  if (account % 7 === 0 && round === 1) throw new Error(`the bank of account ${account} does not answer`);
  return (account * 31 + Number(day.slice(-2))) % 100;
}
