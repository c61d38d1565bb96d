/** What a whole server costs: its start, memory per waiting run (W7), and how soon all is done after kill -9 (W8). */

import { freePort } from '../../scripts/lib/ports.ts';
import { type Idle, idleHour } from './idle.ts';
import { type Benchmark, milliseconds } from './measure.ts';
import { residentKilobytes } from './process-group.ts';
import { restate, restateOver } from './restate.ts';
import { engineOver, folderApart, type Server, type SharedServer, shared } from './servers.ts';
import { model, perdure, type Recovering, type System, systems } from './systems.ts';
import { throughput } from './workloads.ts';

const CLIENTS = 16;
/**
 * W7: `wrangler dev` forgets an object some ten seconds after its last request. A system that starts runs more slowly would have fewer
 * of them in memory at the end, so all take the same time.
 */
const STARTS_PER_SECOND = 100;
/** Long enough for a kill to come between them. */
const NAPS = 20;

export function processes(quick: boolean, peers: Array<() => System>): Benchmark[][] {
  return [
    // One system at a time: each has the machine for itself.
    ...[...systems(peers), model()].map((system) => [coldStart(system), memory(system, quick ? 200 : 5_000)]),
    idle(quick ? 100 : 1_000),
    ...recoverable(peers).map((system) => [recovery(system, quick ? 50 : 200)]),
  ];
}

function coldStart(system: System): Benchmark {
  return {
    name: `W7 cold start to the first result: ${system.name}`,
    unit: 'ms',
    repeats: 1,
    once: true,
    measure: () =>
      milliseconds(async () => {
        const { url } = await system.server.running();
        await system.run(url, crypto.randomUUID(), 'one', 1);
      }),
  };
}

function memory(system: System, runs: number): Benchmark {
  return {
    name: `W7 memory per waiting run, of ${runs.toLocaleString('en-US')}: ${system.name}`,
    unit: 'KB',
    repeats: 1,
    once: true,
    async measure() {
      const { url, pid } = await system.server.running();
      const start = async (): Promise<void> => system.startWaiting(url, crypto.randomUUID(), 1);
      await throughput(50, CLIENTS, start);
      const before = residentKilobytes(pid!);
      await throughput(runs, CLIENTS, paced(start));
      return (residentKilobytes(pid!) - before) / runs;
    },
    close: () => system.server.stop(),
  };
}

/** The same work, begun so many times a second, or as often as it can be. */
function paced(work: () => Promise<void>): () => Promise<void> {
  const begin = performance.now();
  let begun = 0;
  return async () => {
    const pause = begin + (begun++ * 1_000) / STARTS_PER_SECOND - performance.now();
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    return work();
  };
}

/** The cron trigger looks at each shard once a minute. */
const CRON_REQUESTS = 60 * (1 + 4);

function idle(runs: number): Benchmark[] {
  let hour: Promise<Idle> | undefined;
  const name = `W7 ${runs.toLocaleString('en-US')} runs asleep for an hour of virtual time`;
  const of = (what: string, unit: string, value: (idle: Idle) => number): Benchmark => ({
    name: `${name}: ${what}`,
    unit,
    repeats: 1,
    once: true,
    measure: async () => {
      hour ??= idleHour(runs);
      return value(await hour);
    },
  });
  return [
    of('alarms of the runs', 'requests', ({ alarms }) => alarms),
    of('looks of the sweep', 'requests', ({ looks }) => looks),
    of('alarms of the shards', 'requests', ({ sweeps }) => sweeps),
    of("the engine's own cron, with four shards", 'requests', () => CRON_REQUESTS),
    of('kept in memory without work', 'object ms', ({ awakeMs }) => awakeMs),
    of('rows written by the runs', 'rows', ({ rowsWritten }) => rowsWritten),
  ];
}

/** What can be ended and begun again over the same folder. */
interface Recoverable {
  begin(dataDir: string, port: number): Promise<Server>;
  of(server: SharedServer): Recovering;
}

function recoverable(peers: Array<() => System>): Recoverable[] {
  const engine = (name: string, dispatch: 'direct' | 'queue'): Recoverable => ({
    begin: (dataDir, port) => engineOver(dataDir, dispatch, port),
    of: (server) => perdure(name, server),
  });
  return [
    engine('Perdure, direct', 'direct'),
    engine('Perdure, by queue', 'queue'),
    ...(peers.includes(restate) ? [{ begin: restateOver, of: restate }] : []),
  ];
}

/**
 * From the moment at which the server answers again until every run has ended, by itself. Those of Cloudflare Workflows do not, under
 * `wrangler dev`: five minutes later they ran no more, though their status was asked for all the time.
 */
function recovery({ begin, of }: Recoverable, runs: number): Benchmark {
  const { name } = of(shared(() => Promise.reject(new Error('never begun'))));
  return {
    name: `W8 kill -9 with ${runs} runs in flight, until all have ended: ${name}`,
    unit: 'ms',
    repeats: 1,
    once: true,
    async measure() {
      const { folder: dataDir, clear } = await folderApart('kill');
      const port = await freePort();
      const system = of(shared(() => begin(dataDir, port)));
      const first = await system.server.running();
      const ids = Array.from({ length: runs }, () => crypto.randomUUID());
      let next = 0;
      await throughput(runs, CLIENTS, () => system.startNaps(first.url, ids[next++]!, NAPS));
      await system.server.stop();
      const again = await patiently(() => system.server.running());
      try {
        return await milliseconds(() => Promise.all(ids.map((id) => system.ended(again.url, id))));
      } finally {
        await again.stop();
        await clear();
      }
    },
  };
}

/** The port of what was killed may be taken for some moments yet. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
