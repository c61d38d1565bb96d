import { defineQuery, proxyActivities, setHandler } from '@temporalio/workflow';
import type * as activities from './activities';
import { Money } from './payload-converter';

const { addDays } = proxyActivities<typeof activities>({ startToCloseTimeout: '1m' });

export interface User {
  id: string;
  hp: number;
  matcher: RegExp;
  token: Uint8Array;
  createdAt: Date;
  money?: Money;
}
export interface Result {
  success: boolean;
  at: Date;
  money?: Money;
}
export const userQuery = defineQuery<User, [Date]>('user');

export async function example(user: User): Promise<Result> {
  setHandler(userQuery, (d) => ({ ...user, createdAt: d }));
  const success =
    user.createdAt.getTime() < Date.now() &&
    user.hp === Infinity &&
    user.matcher.test('lol') &&
    user.token instanceof Uint8Array &&
    (user.money === undefined || user.money instanceof Money);
  return { success, at: await addDays(user.createdAt, 3), money: user.money };
}
