import { setTimeout as wait } from 'node:timers/promises';

export async function remind(text: string): Promise<string> {
  console.log(text);
  await wait(10);
  return text;
}
