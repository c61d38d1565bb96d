/**
 * The workloads, each measured on all systems in turns: what is compared is measured within the same seconds. W1 … W5 are
 * the same requests to all of them.
 */

import { type Benchmark, median, milliseconds, perSecond } from './measure.ts';
import { BARE, hop, model, modelHop, type System, systems, type Work } from './systems.ts';

/** One run after another, or so many clients at a time. */
const THROUGHPUT_CLIENTS = [16, 64];
/**
 * Rounds of W1 to W4, one client, that do not count: an isolate takes half as much again, until V8 has compiled what runs often. The engine
 * needs some 200 runs for that (18.5 million instructions a run in its first forty, 15.4 in the next, 13 in the sixth forty), and of W2
 * some 500 (1.9 times *bare* in the first two hundred, 1.7 from then on); of W3, fifty.
 */
const WARM_UPS = { W1: 5, W2: 25, W3: 5, W4: 7 };
const WAKE_AHEAD_MS = 4_000;

type Measure = (system: System, url: string) => Promise<number>;

export function workloads(quick: boolean, peers: Array<() => System>): Benchmark[][] {
  set ??= systems(peers);
  floor ??= model();
  queued ??= [hop(), modelHop()];
  const rounds = quick ? 3 : 9;
  const some = (few: number, many: number): number => (quick ? few : many);
  const warm = (workload: keyof typeof WARM_UPS, benchmarks: Benchmark[]): Benchmark[] =>
    benchmarks.map((one) => ({ ...one, warmUps: quick ? 1 : WARM_UPS[workload] }));
  const modelled = (name: string, unit: string, repeats: number, measure: Measure): Benchmark[] =>
    onEach([...set!, floor!], name, unit, repeats, measure);
  return [
    [
      ...warm(
        'W1',
        onEach(
          [...set, floor, ...queued],
          'W1 one activity, p50',
          'ms',
          rounds,
          latency('one', 1, some(10, 40)),
        ),
      ),
      ...THROUGHPUT_CLIENTS.flatMap((clients) =>
        modelled(`W1 one activity, ${clients} clients`, '1/s', some(2, 5), (system, url) =>
          throughput(some(100, 400), clients, () => system.run(url, crypto.randomUUID(), 'one', 1)),
        ),
      ),
    ],
    [
      ...warm(
        'W2',
        modelled(
          'W2 ten activities in sequence, p50',
          'ms',
          some(3, 15),
          latency('sequence', 10, some(5, 20)),
        ),
      ),
      ...modelled('W2 ten activities in sequence, 16 clients', '1/s', some(2, 5), (system, url) =>
        throughput(some(30, 150), 16, () => system.run(url, crypto.randomUUID(), 'sequence', 10)),
      ),
    ],
    warm(
      'W3',
      modelled(
        'W3 a hundred activities in parallel, p50',
        'ms',
        some(3, 21),
        latency('parallel', 100, some(3, 10)),
      ),
    ),
    [
      ...warm(
        'W4',
        modelled('W4 signal to completion, p50', 'ms', rounds, (system, url) =>
          signalled(system, url, some(10, 30)),
        ),
      ),
      ...[1, 16].flatMap((clients) =>
        modelled(
          `W4b signals to one run, ${clients === 1 ? '1 client' : `${clients} clients`}`,
          '1/s',
          some(2, 5),
          (system, url) => signals(system, url, some(200, 1_000), clients),
        ),
      ),
    ],
    lateness(some(200, 1_000), some(1, 3)),
  ];
}

/** The same measurement on every system; the first of them is what the others are compared with. */
function onEach(set: System[], name: string, unit: string, repeats: number, measure: Measure): Benchmark[] {
  const named = (system: System): string => `${name}: ${system.name}`;
  return set.map((system) => ({
    name: named(system),
    unit,
    repeats,
    measure: async () => measure(system, (await system.server.running()).url),
    close: () => system.server.stop(),
    ...(system.name !== BARE && { against: `${name}: ${BARE}` }),
  }));
}

/** Groups are measured one after another: each has servers of its own, because those before have ended. */
let set: System[] | undefined;
let floor: System | undefined;
let queued: System[] | undefined;

/** The median of so many runs, one after another. */
function latency(work: Work, n: number, count: number): Measure {
  return async (system, url) => {
    const times: number[] = [];
    for (let i = 0; i < count; i++)
      times.push(await milliseconds(() => system.run(url, crypto.randomUUID(), work, n)));
    return median(times.sort((a, b) => a - b));
  };
}

export function throughput(count: number, clients: number, work: () => Promise<void>): Promise<number> {
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  return perSecond(count, () => Promise.all(Array.from({ length: clients }, client)));
}

/** Somebody waits for the end already: from the signal to what they are told. */
async function signalled(system: System, url: string, count: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const id = crypto.randomUUID();
    await system.startWaiting(url, id, 1);
    const ended = system.ended(url, id);
    // Until its request has come to where it waits.
    await new Promise((resolve) => setTimeout(resolve, 20));
    times.push(await milliseconds(() => Promise.all([system.signal(url, id), ended])));
  }
  return median(times.sort((a, b) => a - b));
}

async function signals(system: System, url: string, count: number, clients: number): Promise<number> {
  const id = crypto.randomUUID();
  await system.startWaiting(url, id, count + 1);
  return throughput(count, clients, () => system.signal(url, id));
}

/** W5: so many runs, all to wake at the same time. */
function lateness(count: number, repeats: number): Benchmark[] {
  const name = `W5 ${count.toLocaleString('en-US')} timers due together, lateness`;
  const measured = [...set!, floor!];
  const untold = new Map<string, number[]>();
  /** Of the same runs for the two who ask, whoever asks first. */
  const late = async (system: System, url: string): Promise<number[]> => {
    const before = untold.get(system.name);
    const sorted = before ?? (await wakeTogether(system, url, count));
    if (before) untold.delete(system.name);
    else untold.set(system.name, sorted);
    return sorted;
  };
  const p50 = onEach(measured, `${name} p50`, 'ms', repeats, async (system, url) =>
    median(await late(system, url)),
  );
  const p99 = onEach(measured, `${name} p99`, 'ms', repeats, async (system, url) => {
    const sorted = await late(system, url);
    return sorted[Math.ceil(sorted.length * 0.99) - 1]!;
  });
  return p50.flatMap((benchmark, n) => [benchmark, p99[n]!]);
}

async function wakeTogether(system: System, url: string, count: number): Promise<number[]> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  // Each start takes its time, on a machine that is as slow as this one is now.
  const one = (): Promise<number> =>
    milliseconds(() => system.wakeAt(url, crypto.randomUUID(), Date.now() + 3_600_000));
  // The very first one may wait for a server to get ready, and a thousand times that would be a quarter of an hour.
  await one();
  const first = await one();
  const time = Date.now() + WAKE_AHEAD_MS + count * Math.max(first, 10);
  let next = 0;
  await throughput(count, 16, () => system.wakeAt(url, ids[next++]!, time));
  if (Date.now() > time) throw new Error('the timers were due before the last one was started');
  await new Promise((resolve) => setTimeout(resolve, time - Date.now() + 1_000));
  const late: number[] = [];
  for (const id of ids) {
    let woken = await system.wokenAt(url, id);
    while (woken === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      woken = await system.wokenAt(url, id);
    }
    late.push(woken - time);
  }
  return late.sort((a, b) => a - b);
}
