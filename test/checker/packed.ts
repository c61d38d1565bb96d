/** Evidence in one file, small and without paths of the machine that it was made on. */

import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Evidence } from './evidence.ts';
import { hashOf } from './storage.ts';

export function packEvidence(path: string, evidence: Evidence): void {
  const text = JSON.stringify(evidence, (key, value) => (key === 'stackTrace' ? '' : value));
  const bare = JSON.parse(text) as Evidence;
  // What was read earlier had stacks in it: its hash is that of what is kept.
  for (const { kind, reply } of bare.ops) {
    const events = reply?.runId && bare.histories[reply.runId];
    if (kind === 'history' && events) reply.sha256 = hashOf(events.slice(0, reply.events));
  }
  writeFileSync(path, gzipSync(JSON.stringify(bare), { level: 9 }));
}

export function unpackEvidence(path: string): Evidence {
  return JSON.parse(gunzipSync(readFileSync(path)).toString()) as Evidence;
}
