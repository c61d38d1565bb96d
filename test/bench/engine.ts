/**
 * W1, start to result of a workflow of one activity: in one request to a real engine (`wrangler dev`) whose Worker is
 * bound to it, so that both talk over an RPC session; and the bare floor of it, taken in turns with it.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEngine, launchWrangler } from '../../scripts/lib/launch.ts';
import { type Benchmark, median, milliseconds } from './measure.ts';

export interface Server {
  url: string;
  stop(): Promise<void>;
}

export interface SharedServer {
  running(): Promise<Server>;
  stop(): Promise<void>;
}

const BARE = 'W1 bare floor';
const CLOUDFLARE = 'W1 Cloudflare Workflows';

/** Each result is a median of many requests, one after another, each to an object of its own. */
export function engineBenchmarks(quick: boolean): Benchmark[] {
  const bare = shared(() => launchPeer('bare'));
  const cloudflare = shared(() => launchPeer('cloudflare-workflows'));
  const direct = shared(() => launch('direct'));
  const queue = shared(() => launch('queue'));
  const oneActivity: Send = (url, id) => startAndWait(url, id, 'oneActivity', 'bench');
  const one: Send = (url, id) => answer(`${url}/one/${id}`, { method: 'POST' });
  const health: Send = (url) => answer(`${url}/health`);
  return [
    measured(quick, 'an answer and nothing else', bare, health),
    measured(quick, BARE, bare, one),
    { ...measured(quick, CLOUDFLARE, cloudflare, one), against: BARE },
    { ...measured(quick, 'W1 direct, bound Worker', direct, oneActivity), against: BARE },
    { ...measured(quick, 'W1 by queue, bound Worker', queue, oneActivity), against: BARE },
  ];
}

type Send = (url: string, id: string) => Promise<unknown>;

/** The median of many requests, one after another. */
export function measured(quick: boolean, name: string, server: SharedServer, send: Send): Benchmark {
  return {
    name,
    unit: 'ms',
    repeats: quick ? 3 : 9,
    async measure() {
      const { url } = await server.running();
      const latencies: number[] = [];
      for (let n = 0; n < (quick ? 10 : 40); n++) {
        const id = crypto.randomUUID();
        latencies.push(await milliseconds(() => send(url, id)));
      }
      return median(latencies.sort((a, b) => a - b));
    },
    close: () => server.stop(),
  };
}

async function answer(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text;
}

export async function startAndWait(
  url: string,
  id: string,
  workflowType: string,
  taskQueue: string,
): Promise<void> {
  const body = JSON.stringify({
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue },
    input: [1],
  });
  const path = `/api/v1/namespaces/default/workflows/${id}/start-and-wait`;
  const text = await answer(`${url}${path}`, { method: 'POST', body });
  const { result } = JSON.parse(text) as { result: { status?: string } };
  if (result.status !== 'WORKFLOW_EXECUTION_STATUS_COMPLETED')
    throw new Error(`${workflowType} did not complete: ${text}`);
}

export async function launch(dispatch: 'direct' | 'queue'): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-bench-'));
  const clear = () => rm(dataDir, { recursive: true, force: true });
  const vars = { TASK_QUEUES: JSON.stringify({ '*': { dispatch } }) };
  try {
    const engine = await launchEngine({ dataDir, vars, workers: ['test/bench/bench-worker'] });
    const stop = async (): Promise<void> => {
      await engine.kill();
      await clear();
    };
    return { url: engine.url, stop };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The floor, or Cloudflare Workflows, and the Worker that they call. */
export async function launchPeer(name: 'bare' | 'cloudflare-workflows'): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), `perdure-bench-${name}-`));
  const config = (folder: string) => join(import.meta.dirname, folder, 'wrangler.toml');
  const clear = () => rm(dataDir, { recursive: true, force: true });
  try {
    const configs = async () => [config(name), config('bench-service')];
    const { url, group } = await launchWrangler({ dataDir, configs });
    const stop = async (): Promise<void> => {
      await group.stop();
      await clear();
    };
    return { url, stop };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** A server for several benchmarks: begins with the first that needs it, and ends once. */
export function shared(begin: () => Promise<Server>): SharedServer {
  let begun: Promise<Server> | undefined;
  return {
    running() {
      begun ??= begin();
      return begun;
    },
    async stop() {
      const ending = begun;
      begun = undefined;
      await (await ending)?.stop();
    },
  };
}
