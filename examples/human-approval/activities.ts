/** Where people are asked, goods leave the house and customers hear of it: here, the console. */

import type { Order, Outcome } from './shared.ts';

export async function askForApproval(
  { id, customer, amount }: Order,
  who: 'team' | 'manager',
): Promise<void> {
  console.log(`To the ${who}: may ${customer} have order ${id} for ${amount}?`);
}

export async function ship({ id }: Order): Promise<void> {
  console.log(`Order ${id} is on its way.`);
}

export async function tellCustomer({ id, customer }: Order, outcome: Outcome): Promise<void> {
  console.log(`To ${customer}: your order ${id} is ${outcome}.`);
}
