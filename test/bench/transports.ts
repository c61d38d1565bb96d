/**
 * A Worker on Node that the engine knows by its URL: over a WebSocket, where the run is held from task to task, and over
 * plain HTTP, where each task carries the whole history and is replayed. The Workers are in this process.
 */

import { listen } from '../../sdk/worker/http-server.ts';
import { createHandler } from '../../sdk/worker/node.ts';
import { HttpApi } from '../http-api.ts';
import * as workflows from './bench-worker/workflows.ts';
import { launch, measured, type Server, shared, startAndWait } from './engine.ts';
import { silent } from './in-process.ts';
import type { Benchmark } from './measure.ts';

const transports = ['a WebSocket', 'plain HTTP'] as const;
type Transport = (typeof transports)[number];

const queueOf = (transport: Transport): string => `bench over ${transport}`;

export function transportBenchmarks(quick: boolean): Benchmark[][] {
  const server = shared(launchWithUrlWorkers);
  const http = 'over plain HTTP';
  const latencies = (name: string, workflowType: string): Benchmark[] =>
    [...transports].reverse().map((transport) => ({
      ...measured(quick, `${name}, URL Worker over ${transport}`, server, (url, id) =>
        startAndWait(url, id, workflowType, queueOf(transport)),
      ),
      ...(transport !== 'plain HTTP' && { against: `${name}, URL Worker ${http}` }),
    }));
  return [
    latencies('no activity', 'noActivity'),
    latencies('W1 direct', 'oneActivity'),
    transports.flatMap((transport) => sequence(quick, transport, server)),
  ];
}

/** W6: does a step get slower as the history gets longer? Measured by the times in the history. */
function sequence(quick: boolean, transport: Transport, server: ReturnType<typeof shared>): Benchmark[] {
  const count = quick ? 200 : 500;
  const name = (part: string): string => `W6 step of ${count}, ${part} hundred, URL Worker over ${transport}`;
  let times: number[] = [];
  const common = { unit: 'ms', repeats: 3, close: () => server.stop() };
  return [
    {
      ...common,
      name: name('first'),
      async measure() {
        const { url } = await server.running();
        times = await stepTimes(url, queueOf(transport), count);
        return (times[100]! - times[0]!) / 100;
      },
    },
    {
      ...common,
      name: name('last'),
      against: name('first'),
      measure: async () => (times.at(-1)! - times.at(-101)!) / 100,
    },
  ];
}

async function stepTimes(url: string, taskQueue: string, count: number): Promise<number[]> {
  const api = new HttpApi(url);
  const workflowId = crypto.randomUUID();
  await api.start({ workflowId, workflowType: 'sequence', taskQueue, args: [count] });
  const result = `/workflows/${workflowId}/result?waitMs=20000`;
  while ((await api.ok<{ pending: boolean }>('GET', result)).pending);
  const events = await api.history(workflowId);
  return events
    .filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED')
    .map(({ eventTime }) => Date.parse(eventTime));
}

async function launchWithUrlWorkers(): Promise<Server> {
  const engine = await launch('direct');
  const workers = await Promise.all(transports.map(startWorker));
  const api = new HttpApi(engine.url);
  for (const { port } of workers) await api.register(`http://127.0.0.1:${port}`);
  const stop = async (): Promise<void> => {
    await engine.stop();
    for (const worker of workers) {
      worker.closeAllConnections();
      await worker.close();
    }
  };
  return { url: engine.url, stop };
}

function startWorker(transport: Transport): ReturnType<typeof listen> {
  const handler = createHandler({
    taskQueue: queueOf(transport),
    workflows,
    activities: { echo: async (n: number) => n },
    logger: silent,
  });
  return listen(
    (request, undelivered) => handler.fetch(request, { signal: undelivered }),
    // A Worker without WebSockets answers the upgrade like any request.
    (request) =>
      transport === 'a WebSocket' ? handler.acceptSession(request) : new Response(null, { status: 426 }),
    '127.0.0.1',
    0,
  );
}
