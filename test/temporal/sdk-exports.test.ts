/**
 * Every name that Temporal's packages (1.24) export and that programs use is judged in docs/compatibility.md, and what is said to
 * be there is there. `sdk-exports.tsv` lists them: package, name, kind, how much programs use it, whether it exists at run time.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

interface Row {
  pkg: string;
  name: string;
  atRunTime: boolean;
}

const HEADINGS: Record<string, string> = {
  workflow: '`@temporalio/workflow`',
  activity: '`@temporalio/activity`',
  client: '`@temporalio/client`',
  common: '`@temporalio/common`',
  worker: 'Workers on Node',
  testing: 'Testing',
};
const modules: Record<string, () => Promise<object>> = {
  workflow: () => import('perdure/workflow'),
  activity: () => import('perdure/temporal/activity'),
  client: () => import('perdure/temporal/client'),
  common: () => import('perdure/common'),
  worker: () => import('perdure/temporal/worker'),
  testing: () => import('perdure/temporal/testing'),
};

let rows: Row[];
/** Package → name → what the documentation says of it. */
const states = new Map<string, Map<string, string>>();

beforeAll(async () => {
  const listed = await readFile(join(import.meta.dirname, 'sdk-exports.tsv'), 'utf8');
  const all = listed.trim().split('\n').slice(1);
  rows = all.map((line) => {
    const [pkg, name, , , flags] = line.split('\t') as [string, string, string, string, string];
    return { pkg, name, atRunTime: /\bruntime\b/.test(flags) };
  });
  const text = await readFile(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8');
  for (const [pkg, heading] of Object.entries(HEADINGS)) {
    const section = text.split(/^## /m).find((part) => part.startsWith(heading))!;
    const said = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| [^|]+ \| (.+) \|$/gm)];
    const pairs = said.flatMap(([, names, state]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, name]): [string, string] => [name!, state!]),
    );
    states.set(pkg, new Map(pairs));
  }
});

const stateOf = ({ pkg, name }: Row): string | undefined => states.get(pkg)?.get(name);
const label = ({ pkg, name }: Row): string => `${pkg}: ${name}`;

describe('the exports of Temporal’s packages', () => {
  it('are some hundreds, and the documentation judges every one', () => {
    expect(rows.length).toBeGreaterThan(400);
    expect(rows.filter((row) => stateOf(row) === undefined).map(label)).toEqual([]);
  });

  it.each(Object.keys(HEADINGS))('are there where they are said to be, and nowhere else: %s', async (pkg) => {
    const exported = new Set(Object.keys(await modules[pkg]!()));
    const ofPackage = rows.filter((row) => row.pkg === pkg && row.atRunTime);
    const wrong = ofPackage.filter((row) => exported.has(row.name) === stateOf(row)?.startsWith('not there'));
    expect(ofPackage.length).toBeGreaterThan(3);
    expect(wrong.map(label)).toEqual([]);
  });
});
