/** Activities that work, fail, or take their time. */

import { activityInfo, sleep } from 'perdure/activity';

export async function greet(name: string): Promise<string> {
  return `Hello, ${name}`;
}

export async function spell(name: string): Promise<string> {
  await sleep(300);
  return [...name].join('-');
}

/** Fails as often as asked for. */
export async function flaky(failures: number): Promise<string> {
  const { attempt } = activityInfo();
  if (attempt <= failures) throw new Error(`The card terminal does not answer (attempt ${attempt})`);
  return `worked at attempt ${attempt}`;
}
