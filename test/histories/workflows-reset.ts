/** Workflows that are reset and paused: those of test/features/reset.test.ts and pause.test.ts. */

import {
  condition,
  defineSignal,
  defineUpdate,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  uuid4,
} from 'perdure/workflow';

const { double } = proxyActivities<{ double(n: number): Promise<number> }>({ startToCloseTimeout: '1 minute' });
const go = defineSignal<[string]>('go');
const add = defineUpdate<number, [number]>('add');

/** Two activities with a signal between them; says what it was told. */
export async function steps(): Promise<string[]> {
  const told: string[] = [];
  setHandler(go, (what) => {
    told.push(what);
  });
  told.push(String(await double(1)));
  await condition(() => told.includes('on'));
  told.push(String(await double(2)));
  await condition(() => told.includes('end'));
  return told;
}

/** Random ids and timers: the reset run draws others from the reset on. */
export async function draws(): Promise<string[]> {
  const drawn = [uuid4()];
  await sleep('1 minute');
  drawn.push(uuid4());
  await executeChild(quick);
  await sleep('1 minute');
  drawn.push(uuid4());
  return drawn;
}

export async function quick(): Promise<string> {
  return 'quick';
}

export async function adds(): Promise<number> {
  let sum = 0;
  let over = false;
  setHandler(add, (n) => {
    sum += n;
    return sum;
  });
  setHandler(go, () => {
    over = true;
  });
  await double(1);
  await condition(() => over);
  return sum;
}

/** Waits for a child that waits for a signal. */
export async function parent(): Promise<string> {
  const child = await startChild(waits, { workflowId: 'child' });
  await sleep('1 minute');
  return `${await child.result()} to its parent`;
}

/** Its child goes on when it is ended. */
export async function looseParent(): Promise<string> {
  const parentClosePolicy = ParentClosePolicy.ABANDON;
  const child = await startChild(waits, { workflowId: 'child', parentClosePolicy });
  await sleep('1 minute');
  return `${await child.result()} to its parent`;
}

export async function waits(): Promise<string> {
  let told: string | undefined;
  setHandler(go, (what) => {
    told = what;
  });
  await condition(() => told !== undefined);
  return told!;
}

/** An activity between two signals; paused from outside. */
export async function pausable(): Promise<string[]> {
  const told: string[] = [];
  setHandler(go, (what) => {
    told.push(what);
  });
  await condition(() => told.length > 0);
  told.push(String(await double(2)));
  await sleep('1 minute');
  return told;
}
