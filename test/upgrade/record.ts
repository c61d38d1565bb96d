/**
 * `node test/upgrade/record.ts VERSION`: writes what the engine of now has stored of some workflows in the middle of
 * their work, for later engines to go on with. Once per release; what is there is never written again.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { snapshot } from '../../src/core/transition.ts';
import { plain } from '../checker/storage.ts';
import { Simulation } from '../sim/simulation.ts';
import type { StoredWorkflow } from './stored.ts';

const version = process.argv[2];
if (!version) throw new Error('which version?');
// Traces name the files of this machine.
Error.stackTraceLimit = 0;
const SEEDS = 40;
const LONGEST = 30_000;

const workflows: StoredWorkflow[] = [];
const types = new Set<string>();
for (let seed = 1; seed <= SEEDS; seed++) {
  const simulation = new Simulation({ seed, ops: 150 });
  await simulation.safety();
  for (const owner of simulation.owners.values()) {
    const { workflowId, store, open, shadow } = owner;
    const stored = {
      workflowId,
      rows: store.log,
      snapshot: store.snapshot() ?? null,
      progress: store.progress(),
      payloads: [...store.payloads].map(
        ([owner, texts]) => [owner, [...texts]] as [string, [string, string][]],
      ),
    };
    const type = shadow.run?.workflowType ?? '';
    if (!open || types.has(type) || JSON.stringify(stored).length > LONGEST) continue;
    types.add(type);
    workflows.push({ ...stored, state: plain(snapshot(owner.fold())) });
  }
}
const file = join(import.meta.dirname, `${version}.json`);
writeFileSync(file, `${JSON.stringify(workflows, null, 1)}\n`, { flag: 'wx' });
console.log(`${file}: ${[...types].join(' ')}`);
