/**
 * The processor's time that a server takes for one run: unlike a latency it says little of what else the machine does, and under
 * `wrangler dev`, whose workerd runs everything on one thread, it is what bounds throughput.
 */

import type { Benchmark } from './measure.ts';
import { processorMilliseconds } from './process-group.ts';
import { BARE, model, type System, systems, type Work } from './systems.ts';
import { throughput } from './workloads.ts';

const CLIENTS = 4;

export function processorTime(quick: boolean): Benchmark[][] {
  const [bare, , direct, byQueue] = systems();
  const measured = [bare!, direct!, byQueue!, model()];
  const repeats = quick ? 2 : 7;
  const some = (count: number): number => (quick ? count / 4 : count);
  const each = (
    what: string,
    count: number,
    of: System[],
    work: (system: System, url: string) => Promise<void>,
  ) =>
    of.map((system): Benchmark => {
      const name = `processor time of ${what}`;
      return {
        name: `${name}: ${system.name}`,
        unit: 'ms',
        repeats,
        measure: async () => {
          const { url, pid } = await system.server.running();
          const before = processorMilliseconds(pid!);
          await throughput(count, CLIENTS, () => work(system, url));
          return (processorMilliseconds(pid!) - before) / count;
        },
        close: () => system.server.stop(),
        ...(system.name !== BARE && { against: `${name}: ${BARE}` }),
      };
    });
  const run =
    (work: Work, n: number) =>
    (system: System, url: string): Promise<void> =>
      system.run(url, crypto.randomUUID(), work, n);
  return [
    each('a run of one activity', some(200), measured, run('one', 1)),
    each('a run of ten activities in sequence', some(80), measured, run('sequence', 10)),
    each('a run of a hundred activities in parallel', some(20), measured, run('parallel', 100)),
  ];
}
