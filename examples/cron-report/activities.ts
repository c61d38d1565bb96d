/** Where the numbers come from and where the report goes: here, made-up sales and the console. */

import type { Report, Sale } from './shared.ts';

/** The sales of a day. The same day has the same sales whenever it is asked for. */
export async function salesOf(day: string): Promise<Sale[]> {
  const number = Date.parse(`${day}T00:00:00Z`) / 86_400_000;
  return ['apples', 'pears', 'plums'].map((product, i) => ({
    product,
    amount: ((number * (i + 3)) % 7) + 1,
  }));
}

export async function publish({ day, total, change }: Report): Promise<void> {
  const compared = change === undefined ? '' : `, ${change >= 0 ? '+' : ''}${change} %`;
  console.log(`${day}: ${total}${compared}`);
}
