/** `node test/checker/main.ts FOLDER`: checks the evidence in a folder (see evidence.ts). `--help` says more. */

import { resolve } from 'node:path';
import { commandLine } from '../../scripts/lib/options.ts';
import { checkEvidence, reportLines, violationsOf, workflowsOf } from './checker.ts';
import { loadEvidence } from './evidence.ts';

const { values, names } = commandLine({
  command: 'node test/checker/main.ts',
  about: 'Checks the evidence that a harness has kept (docs/kill-harness.md), and replays every history.',
  names: { value: 'FOLDER', least: 1, most: 1, about: 'the evidence' },
  options: {
    workflows: {
      kind: 'text',
      value: 'FILE',
      default: 'test/workloads/workflows.ts',
      about: 'exports the workflows of the histories',
    },
  },
});
const workflows = workflowsOf((await import(resolve(values.workflows))) as object);
const report = await checkEvidence(loadEvidence(names[0]!), workflows);
for (const line of reportLines(report)) console.log(line);
process.exitCode = violationsOf(report).length > 0 ? 1 : 0;
