/**
 * Where the processor's time of a run goes: samples of workerd's call stacks by Linux's `perf`, with V8's own map of the code it has
 * compiled. Each sample counts for one part, so that the parts add up, and what Perdure takes beyond the floors has names.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Benchmark } from './measure.ts';
import { pidsOf } from './process-group.ts';
import { model, type System, systems, type Work } from './systems.ts';

/** Odd, so that nothing which happens every millisecond is always met or never. */
const SAMPLES_PER_SECOND = 4_999;
/** So many runs of W1 take until V8 has compiled what runs often; a run of W2 or W3 has more in it. */
const WARM_UP_RUNS = 800;

/** The first that fits decides. `JS:` begins V8's names of functions, and the file they are in ends them. */
const PARTS: ReadonlyArray<[name: string, fits: (stack: string) => boolean]> = [
  ["SQLite's files (kernel)", (stack) => KERNEL.test(stack) && SQLITE.test(stack)],
  ['sockets, memory, threads (kernel)', (stack) => KERNEL.test(stack)],
  ['SQLite', (stack) => SQLITE.test(stack)],
  [
    'garbage collection',
    (stack) => /v8::internal::(\w*Heap::|Scaveng|MarkCompact|\w*Marking|Sweeper)/.test(stack),
  ],
  [
    'compilation',
    (stack) =>
      /v8::internal::(maglev::|compiler::|baseline::|Compiler::|OptimizingCompile|interpreter::)/.test(stack),
  ],
  ['JSON', (stack) => /v8::internal::\w*Json(Parser|Stringifier)/.test(stack)],
  ["JavaScript of Perdure's engine", (stack) => innermost(stack) === 'index.js'],
  ['JavaScript of the Worker, or of the floor', (stack) => innermost(stack) === 'worker.js'],
  ["JavaScript of wrangler's proxies", (stack) => innermost(stack) !== undefined],
  ['workerd itself (RPC, HTTP, timers, isolates)', () => true],
];
const KERNEL = /^\s*[0-9a-f]+ [^\n]* \(\[kernel/;
const SQLITE = /sqlite3|Sqlite/;
const innermost = (stack: string): string | undefined =>
  / JS:\S* (?:\S*\/)?([^\s/:]+):\d+:\d+/.exec(stack)?.[1] ?? (/ JS:/.test(stack) ? '' : undefined);

/** What the names of these benchmarks begin with. */
export const PROFILE = 'profile of ';

export function profiles(quick: boolean): Benchmark[][] {
  if (spawnSync('perf', ['--version']).error) {
    console.error('perf is not installed (Debian: apt install linux-perf): the profiles are left out');
    return [];
  }
  const runs = quick ? 100 : 500;
  return [
    profile('W1', 'one', 1, runs),
    profile('W2', 'sequence', 10, runs / 4),
    profile('W3', 'parallel', 100, runs / 10),
  ];
}

function profile(workload: string, work: Work, n: number, count: number): Benchmark[] {
  const [bare, , direct] = systems();
  return [bare!, model(), direct!].flatMap((system) => {
    let sampled: Promise<Map<string, number>> | undefined;
    return PARTS.map(
      ([part]): Benchmark => ({
        name: `${PROFILE}${workload}, ${part}: ${system.name}`,
        unit: 'ms',
        repeats: 1,
        once: true,
        measure: async () => {
          sampled ??= sample(system, work, n, count);
          return (await sampled).get(part) ?? 0;
        },
        close: () => system.server.stop(),
      }),
    );
  });
}

/** Milliseconds of processor time a run, by part. */
async function sample(system: System, work: Work, n: number, count: number): Promise<Map<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-profile-'));
  const flags = process.env.MINIFLARE_WORKERD_V8_FLAGS;
  process.env.MINIFLARE_WORKERD_V8_FLAGS = '--perf-basic-prof';
  try {
    const { url, pid } = await system.server.running();
    const run = async (runs: number): Promise<void> => {
      for (let i = 0; i < runs; i++) await system.run(url, crypto.randomUUID(), work, n);
    };
    await run(Math.min(WARM_UP_RUNS, 4 * count));
    const file = join(folder, 'samples');
    const pids = await workerdOf(pid!);
    const stop = await record(pids, file);
    await run(count).finally(stop);
    const samples = await byPart(file);
    if (samples.size === 0) throw new Error(`perf has no sample of the processes ${pids.join(', ')}`);
    for (const each of pids) await rm(`/tmp/perf-${each}.map`, { force: true });
    return new Map([...samples].map(([part, hits]) => [part, (hits * 1_000) / SAMPLES_PER_SECOND / count]));
  } finally {
    // Of the servers that are begun after it.
    if (flags === undefined) delete process.env.MINIFLARE_WORKERD_V8_FLAGS;
    else process.env.MINIFLARE_WORKERD_V8_FLAGS = flags;
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Answers when samples are taken, with what ends that: perf takes a quarter of a second to find all threads, which short runs
 * would be measured without.
 */
async function record(pids: readonly string[], file: string): Promise<() => Promise<void>> {
  const what = ['-g', '-e', 'cpu-clock', '-F', `${SAMPLES_PER_SECOND}`, '-o', file, '-p', pids.join(',')];
  const perf = spawn('perf', ['record', '-D', '-1', '--control', 'fd:3,4', ...what], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [, , , control, answers] = perf.stdio as [null, null, null, Writable, Readable];
  const exited = once(perf, 'exit');
  // One that ends at once reads nothing.
  control.on('error', () => undefined).write('enable\n');
  const refused = exited.then(() => {
    throw new Error(`perf cannot look at the processes ${pids.join(', ')} (kernel.perf_event_paranoid?)`);
  });
  await Promise.race([once(answers, 'data'), refused]);
  refused.catch(() => undefined);
  return async () => {
    perf.kill('SIGINT');
    await exited;
  };
}

async function workerdOf(group: number): Promise<string[]> {
  const named = await Promise.all(
    pidsOf(group).map(async (pid) => ({
      pid,
      name: await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
    })),
  );
  return named.filter(({ name }) => name.includes('workerd')).map(({ pid }) => pid);
}

/** `perf script` writes a stack a paragraph, innermost first. */
async function byPart(file: string): Promise<Map<string, number>> {
  const hits = new Map<string, number>();
  const script = spawn('perf', ['script', '-i', file, '-F', 'ip,sym,dso'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stack = '';
  for await (const line of createInterface({ input: script.stdout })) {
    if (line.trim() !== '') stack += `${line}\n`;
    else if (stack !== '') {
      const [part] = PARTS.find(([, fits]) => fits(stack))!;
      hits.set(part, (hits.get(part) ?? 0) + 1);
      stack = '';
    }
  }
  return hits;
}
