/** Where a run's row lives: which of a namespace's visibility shards, and what that object is called. */

import { type Env, visibilityShardCounts } from '../env.ts';

const encoder = new TextEncoder();

/** The shard of a workflow id, from 0 to `shards` - 1: FNV-1a over its UTF-8 bytes. All runs of an id share a shard. */
export function shardOf(workflowId: string, shards: number): number {
  const bytes = encoder.encode(workflowId);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash >>> 0) % shards;
}

/** The name of a shard's object. JSON, so that no namespace and number can run together. */
export function shardName(namespace: string, shard: number): string {
  return JSON.stringify([namespace, shard]);
}

export function parseShardName(name: string): { namespace: string; shard: number } {
  const [namespace, shard] = JSON.parse(name) as [string, number];
  return { namespace, shard };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);

/**
 * The counts of shards that there have been, oldest first. Rows are written to their home under the last one; those that
 * stand elsewhere move there (see moving.ts).
 */
export class ShardMap {
  readonly counts: readonly number[];
  /** How many shards there are. */
  readonly size: number;

  /** @param counts each larger than the one before */
  constructor(counts: readonly number[]) {
    this.counts = counts;
    this.size = counts.at(-1)!;
  }

  /** May rows stand elsewhere than at home? */
  get grows(): boolean {
    return this.counts.length > 1;
  }

  /** Every shard. */
  all(): number[] {
    return range(0, this.size);
  }

  home(id: string): number {
    return shardOf(id, this.size);
  }

  /** Where rows of this id may stand that were written before; never its home. */
  formerHomes(id: string): number[] {
    if (!this.grows) return [];
    const home = this.home(id);
    const former = new Set(this.counts.slice(0, -1).map((count) => shardOf(id, count)));
    return [...former].filter((number) => number !== home);
  }

  /**
   * Whom a reader asks for everything: those of one wave at once, the next wave when they have answered. A row is at its
   * new home before it leaves the former one, so who asks all that rows leave first, and then all where they arrive,
   * misses none. Where each count is a multiple of the one before, no row ever arrives below the first count.
   */
  waves(): number[][] {
    if (!this.grows) return [this.all()];
    const multiples = this.counts.every((count, i) => i === 0 || count % this.counts[i - 1]! === 0);
    return [range(0, this.counts.at(-2)!), range(multiples ? this.counts[0]! : 0, this.size)];
  }

  /** Whom a reader asks for one id, in the same way. */
  wavesOf(id: string): number[][] {
    return [this.formerHomes(id), [this.home(id)]].filter((wave) => wave.length > 0);
  }
}

export function shardMap(env: Env): ShardMap {
  return new ShardMap(visibilityShardCounts(env));
}
