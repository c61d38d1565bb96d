/**
 * W6: does a step get slower as its history gets longer? Measured by the times in the history, over each transport: a
 * Worker bound to the engine (JS RPC), a Worker on Node that the engine knows by its URL (a WebSocket), and the same
 * without sessions (plain HTTP), where each task carries the whole history and is replayed. The latter are in this process.
 */

import { listen } from '../../sdk/worker/http-server.ts';
import { createHandler } from '../../sdk/worker/node.ts';
import { HttpApi } from '../http-api.ts';
import * as workflows from './bench-worker/workflows.ts';
import { silent } from './in-process.ts';
import type { Benchmark } from './measure.ts';
import { launchPerdure, type Server, type SharedServer, shared } from './servers.ts';

const urlTransports = ['a WebSocket', 'plain HTTP'] as const;
type UrlTransport = (typeof urlTransports)[number];

const queueOf = (transport: UrlTransport): string => `bench over ${transport}`;

export function longRuns(quick: boolean): Benchmark[][] {
  const direct = shared(launchWithUrlWorkers);
  const queue = shared(() => launchPerdure('queue'));
  const bound = quick ? [500] : [2_000, 10_000];
  return [
    [
      ...bound.flatMap((count) => sequence('JS RPC, direct', count, direct, 'bench')),
      ...sequence('a WebSocket, direct', quick ? 500 : 2_000, direct, queueOf('a WebSocket')),
      // Grows with the square of the steps, which is what a session saves.
      ...sequence('plain HTTP (replays), direct', quick ? 200 : 500, direct, queueOf('plain HTTP')),
    ],
    bound.flatMap((count) => sequence('JS RPC, by queue', count, queue, 'bench')),
  ];
}

function sequence(transport: string, count: number, server: SharedServer, taskQueue: string): Benchmark[] {
  const name = (part: string): string =>
    `W6 ${count.toLocaleString('en-US')} activities in sequence, ${transport}: ${part} hundred`;
  let times: number[] = [];
  const common = { unit: 'ms each', repeats: 1, once: true, close: () => server.stop() };
  return [
    {
      ...common,
      name: name('first'),
      async measure() {
        const { url } = await server.running();
        // A short one before: what is compiled on the way is not the history's fault.
        await stepTimes(url, taskQueue, 100);
        times = await stepTimes(url, taskQueue, count);
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
  const engine = await launchPerdure('direct');
  const workers = await Promise.all(urlTransports.map(startWorker));
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

function startWorker(transport: UrlTransport): ReturnType<typeof listen> {
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
