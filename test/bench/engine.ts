/** The same measured through a real engine (`wrangler dev`) and a Worker on Node, each in a process of its own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TASK_QUEUE } from '../../examples/money-transfer/shared.ts';
import { launchEngine } from '../../scripts/lib/launch.ts';
import { launchNodeWorker } from '../../scripts/lib/node-worker.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import type { ProcessGroup } from '../../scripts/lib/process-group.ts';
import { Client, Connection } from '../../sdk/client/index.ts';
import { type Benchmark, milliseconds } from './measure.ts';

type Dispatch = 'direct' | 'queue';

interface RunningEngine {
  client: Client;
  stop(): Promise<void>;
}

/** W1: from the start of a one-activity workflow to its result, one after another; each result is a median of many. */
export function engineBenchmarks(quick: boolean): Benchmark[] {
  return (['direct', 'queue'] as const).map((dispatch) => {
    let running: RunningEngine | undefined;
    let runs = 0;
    return {
      name: `W1 one-activity workflow, ${dispatch} dispatch: start to result`,
      unit: 'ms',
      repeats: quick ? 3 : 5,
      async measure() {
        running ??= await launch(dispatch);
        const { client } = running;
        const latencies: number[] = [];
        for (let n = 0; n < (quick ? 10 : 40); n++) {
          const options = { taskQueue: TASK_QUEUE, workflowId: `w1-${runs++}`, args: [['acct-alice']] };
          latencies.push(await milliseconds(() => client.workflow.execute('accountBalances', options)));
        }
        return latencies.sort((a, b) => a - b)[latencies.length >> 1]!;
      },
      close: async () => running?.stop(),
    };
  });
}

async function launch(dispatch: Dispatch): Promise<RunningEngine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-bench-'));
  const groups: ProcessGroup[] = [];
  const stop = async (): Promise<void> => {
    for (const group of groups) await group.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const vars = { TASK_QUEUES: JSON.stringify({ '*': { dispatch } }) };
    const engine = await launchEngine({ dataDir, vars });
    groups.push(engine.group);
    const env = {
      PERDURE_ADDRESS: engine.url,
      PORT: String(await freePort()),
      BANK_DIR: join(dataDir, 'bank'),
    };
    groups.push(await launchNodeWorker({ outDir: join(dataDir, 'workers'), env }));
    return { client: new Client({ connection: await Connection.connect({ address: engine.url }) }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
