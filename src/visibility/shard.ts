/** Where a run's row lives: which of a namespace's visibility shards, and what that object is called. */

/**
 * The shard of a workflow id, from 0 to `shards` - 1: FNV-1a over its UTF-8 bytes. All runs of an id share a shard.
 * Rows are found again only while `shards` stays what it was when they were written.
 */
export function shardOf(workflowId: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(workflowId)) hash = Math.imul(hash ^ byte, 0x01000193);
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
