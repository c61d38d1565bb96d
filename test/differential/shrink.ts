/** Smaller programs than the one given, the smallest first. */

import type { Program } from '../histories/program.ts';

export function smallerPrograms(program: Program): Program[] {
  if (!('of' in program)) return [];
  const of: Program[] = Array.isArray(program.of) ? program.of : [program.of];
  const after = 'after' in program ? [program.after] : [];
  const parts = [...of, ...after];
  const smaller: Program[] = [...parts];
  const withPart = (i: number, part: Program | undefined): Program => {
    if (i >= of.length) return { ...program, after: part! } as Program;
    if (!Array.isArray(program.of)) return { ...program, of: part! } as Program;
    const rest = program.of.flatMap((p, at) => (at !== i ? [p] : part ? [part] : []));
    return { ...program, of: rest } as Program;
  };
  if (Array.isArray(program.of) && program.of.length > 1) {
    for (const i of program.of.keys()) smaller.push(withPart(i, undefined));
  }
  for (const [i, part] of parts.entries()) {
    for (const less of smallerPrograms(part)) smaller.push(withPart(i, less));
  }
  return smaller;
}
