/** The software bill of materials: what an installed package brings along, as CycloneDX, by `npm sbom`. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './root.ts';

interface Bom {
  metadata: { component: { 'bom-ref': string; name: string; [field: string]: unknown } };
  components: Array<{ 'bom-ref': string; name: string; [field: string]: unknown }>;
  dependencies: Array<{ ref: string; dependsOn: string[] }>;
  [field: string]: unknown;
}

/**
 * From the lockfile. npm's own `--omit dev` leaves out whatever a development dependency needs as well, so that what the
 * package needs is found here: from its dependencies on.
 */
export async function softwareBillOfMaterials(): Promise<Bom> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: projectRoot, maxBuffer: 1e8 });
  const bom = JSON.parse(stdout) as Bom;
  const { name, dependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    name: string;
    dependencies: Record<string, string>;
  };
  const { component } = bom.metadata;
  const needs = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const nameOf = new Map(bom.components.map((one) => [one['bom-ref'], one.name]));
  const direct = (needs.get(component['bom-ref']) ?? []).filter((ref) => nameOf.get(ref)! in dependencies);
  const kept = new Set(direct);
  // Grows while it is walked.
  for (const ref of kept) for (const needed of needs.get(ref) ?? []) kept.add(needed);
  return {
    ...bom,
    // npm calls it after the folder that it lies in.
    metadata: { ...bom.metadata, component: { ...component, name, properties: [] } },
    components: bom.components.filter((one) => kept.has(one['bom-ref'])),
    dependencies: [
      { ref: component['bom-ref'], dependsOn: direct },
      ...bom.dependencies.filter(({ ref }) => kept.has(ref)),
    ],
  };
}
