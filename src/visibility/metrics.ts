/**
 * Metrics on their way: what an isolate has counted goes to a shard of the namespace a little later, together, or along
 * with a row that is written anyway. What shards know is gathered when somebody asks.
 */

import type { Env } from '../env.ts';
import { type Sample, SeriesSet } from '../observability/families.ts';
import { type Measures, MetricsBuffer, type MetricsDelta } from '../observability/measures.ts';
import type { NamespacedSample } from '../observability/prometheus.ts';
import { shardMap, shardName } from './shard.ts';

/** So long what was counted may wait for company: an object that waits with it is paid for. */
const PAUSE_MS = 500;
/** A sender that has not come back by now died with the request that it belonged to. */
const LOST_MS = 15_000;

interface Outbox {
  buffer: MetricsBuffer;
  /** When somebody undertook to send it; 0: nobody. */
  since: number;
  /** When it was last sent along with something. */
  sentAlong: number;
}
export interface MetricsShard {
  addMetrics(deltas: MetricsDelta[]): Promise<void>;
  metrics(): Promise<Sample[]>;
}

const outboxes = new Map<string, Outbox>();

function outboxOf(namespace: string): Outbox {
  let outbox = outboxes.get(namespace);
  if (!outbox) {
    outbox = { buffer: new MetricsBuffer(() => crypto.randomUUID()), since: 0, sentAlong: 0 };
    outboxes.set(namespace, outbox);
  }
  return outbox;
}

const shardOfMetrics = (env: Env, namespace: string, shard: number): MetricsShard =>
  env.VISIBILITY.getByName(shardName(namespace, shard)) as unknown as MetricsShard;

/** @param keepAlive keeps the isolate awake until what was counted is sent */
export function measuresOf(
  env: Env,
  namespace: string,
  keepAlive: (promise: Promise<unknown>) => void,
): Measures {
  const outbox = outboxOf(namespace);
  const arm = (): void => {
    const time = Date.now();
    if (time - outbox.since < LOST_MS && time >= outbox.since) return;
    outbox.since = time;
    keepAlive(sendLater(env, namespace, outbox));
  };
  return {
    count: (...counted) => {
      outbox.buffer.count(...counted);
      arm();
    },
    observe: (...observed) => {
      outbox.buffer.observe(...observed);
      arm();
    },
  };
}

async function sendLater(env: Env, namespace: string, outbox: Outbox): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  outbox.since = 0;
  if (outbox.buffer.isEmpty) return;
  const { size } = shardMap(env);
  const send = (shard: number): Promise<void> =>
    sendMetrics(outbox, shard, async (deltas) => {
      if (deltas.length > 0) await shardOfMetrics(env, namespace, shard).addMetrics(deltas);
    }).catch(() => undefined);
  // What is new goes to the first of them.
  const shards = new Set([Math.floor(Math.random() * size), ...outbox.buffer.receivers]);
  await Promise.all([...shards].map(send));
}

/** Sent, and kept for the same shard if it does not acknowledge it. */
async function sendMetrics(
  { buffer }: Outbox,
  shard: number,
  send: (deltas: MetricsDelta[]) => Promise<void>,
): Promise<void> {
  const deltas = buffer.take(shard);
  try {
    await send(deltas);
  } catch (error) {
    buffer.giveBack(deltas, shard);
    throw error;
  }
}

/**
 * Along with something that is sent to a shard anyway; if that does not arrive, neither did they. Where much is sent, what was
 * counted waits for company: a row costs more to carry with them.
 */
export async function sendAlong(
  namespace: string,
  shard: number,
  send: (deltas: MetricsDelta[]) => Promise<void>,
): Promise<void> {
  const outbox = outboxOf(namespace);
  const time = Date.now();
  if (time - outbox.sentAlong < PAUSE_MS && time >= outbox.sentAlong) return send([]);
  outbox.sentAlong = time;
  await sendMetrics(outbox, shard, send);
}

/** Sums over all shards. @throws when one of them does not answer: sums that are not right are none */
export async function gatherMetrics(env: Env, namespace: string): Promise<NamespacedSample[]> {
  const shards = shardMap(env)
    .all()
    .map((number) => shardOfMetrics(env, namespace, number));
  const sums = new SeriesSet();
  for (const sample of (await Promise.all(shards.map((shard) => shard.metrics()))).flat()) sums.add(sample);
  return sums.all().map((sample) => ({ ...sample, namespace }));
}
