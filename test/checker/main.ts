/**
 * `node test/checker/main.ts DIR [--workflows FILE]`: checks the evidence in a folder (see evidence.ts). With a file that
 * exports the workflows, every history is replayed too; default: those of test/workloads.
 */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkEvidence, reportLines, violationsOf, workflowsOf } from './checker.ts';
import { loadEvidence } from './evidence.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { workflows: { type: 'string', default: 'test/workloads/workflows.ts' } },
});
const [dir] = positionals;
if (!dir) throw new Error('usage: node test/checker/main.ts DIR [--workflows FILE]');
const workflows = workflowsOf((await import(resolve(values.workflows))) as object);
const report = await checkEvidence(loadEvidence(dir), workflows);
for (const line of reportLines(report)) console.log(line);
process.exitCode = violationsOf(report).length > 0 ? 1 : 0;
