/** The names that docs/compatibility.md says are there, as a module that imports every one of them. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DocumentedName {
  package: string;
  name: string;
  /** Whether it exists at run time, or is a type only. */
  isValue: boolean;
}

/** Every name of the tables that is supported or that differs. */
export async function documentedNames(): Promise<DocumentedName[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const name = /^.*`(@temporalio\/\w+)` →/.exec(section)?.[1];
    if (!name) return [];
    const rows = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \| (\w+)/gm)];
    return rows
      .filter(([, , , state]) => state !== 'not')
      .map(([, exported, kind]) => ({
        package: name,
        name: exported!,
        isValue: /class|const|function/.test(kind!),
      }));
  });
}

/** A module that imports them all by name, and exports `missing`: those that turned out to be undefined. */
export function surfaceModule(names: DocumentedName[]): string {
  const lines: string[] = [];
  const values: string[] = [];
  for (const { package: from, name, isValue } of names) {
    const local = `${from.split('/')[1]}_${name}`;
    lines.push(`export type { ${name} as ${local}_type } from '${from}';`);
    if (!isValue) continue;
    lines.push(`import { ${name} as ${local} } from '${from}';`);
    values.push(local);
  }
  lines.push(`const values: Record<string, unknown> = { ${values.join(', ')} };`);
  lines.push('export const missing = Object.keys(values).filter((name) => values[name] === undefined);');
  return lines.join('\n');
}
