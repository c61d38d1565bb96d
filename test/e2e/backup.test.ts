/** Disaster: the engine is killed and its disk is gone. By the command line it comes back from a folder of files. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { until } from '../http-api.ts';
import { TASK_QUEUE, World } from './processes.ts';

const RUNS = 40;
const world = new World();

beforeAll(async () => {
  await world.startEngine();
  await (await world.testWorker('napper')).serve();
});
afterAll(() => world.end());

async function perdure(...args: string[]): Promise<Record<string, unknown>> {
  const printed: string[] = [];
  const terminal = {
    print: (line: string) => void printed.push(line),
    complain: (line: string) => void printed.push(line),
    colors: createColors(false),
    env: { PERDURE_ADDRESS: world.url },
    abortSignal: new AbortController().signal,
  };
  const code = await run([...args, '-o', 'json'], terminal);
  expect(printed.join('\n')).not.toBe('');
  if (code !== 0) throw new Error(printed.join('\n'));
  return JSON.parse(printed.join('\n')) as Record<string, unknown>;
}

it('loses nothing that was there when the backup was made, and open runs go on in an engine that was empty', async () => {
  const { api } = world;
  const directory = join(world.dir, 'backup');
  const ids = Array.from({ length: RUNS }, (_, n) => `run-${n}`);
  const start = (workflowId: string, ms: number) =>
    api.start({ workflowId, workflowType: 'nap', taskQueue: TASK_QUEUE, args: [workflowId, ms] });
  // Half of them are over before the backup; the others come due when there is no engine.
  for (const [n, id] of ids.entries()) await start(id, n % 2 === 0 ? 10 : 60_000);
  for (const [n, id] of ids.entries()) if (n % 2 === 0) await api.result(id);
  await until('the list', async () => (await api.count('')) === RUNS);
  const created = await perdure('operator', 'backup', 'create', '-d', directory);
  expect(created).toMatchObject({ objects: expect.any(Number), completed: expect.any(String) });
  await expect(perdure('operator', 'backup', 'create', '-d', directory)).rejects.toThrow('whole backup');

  await world.killEngine();
  rmSync(join(world.dir, 'engine'), { recursive: true });
  world.vars = { CLOCK_OFFSET_MS: '3600000' };
  const begin = performance.now();
  await world.startEngine();
  const up = performance.now();
  expect(await api.count('')).toBe(0);
  const restored = await perdure('operator', 'backup', 'restore', '-d', directory);
  const ready = performance.now();
  expect(restored).toMatchObject({ lostChildren: 0 });
  for (const id of ids) await api.result(id, 60_000);
  const seconds = (from: number, to: number): string => ((to - from) / 1_000).toFixed(1);
  console.log(
    `${RUNS} runs: engine up in ${seconds(begin, up)} s, restored in ${seconds(up, ready)} s, all done ${seconds(ready, performance.now())} s later`,
  );
  // The list follows a moment later.
  await until('the list', async () => (await api.count("ExecutionStatus = 'Completed'")) === RUNS);
});
