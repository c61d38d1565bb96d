/** The tables of docs/performance.md and docs/scaling.md, from docs/performance.json: nobody copies a number by hand. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/lib/root.ts';
import { type Billed, dollarsPerMillion, type prices } from '../../sdk/common/operations.ts';
import { budgetRows } from './budgets.ts';
import { operations } from './costs.ts';
import { figure } from './measure.ts';
import { PROFILE } from './profile.ts';
import { DOCUMENTED, type Recorded, type Records } from './record.ts';
import { restate } from './restate.ts';
import { BARE, hop, model, modelHop, systems } from './systems.ts';

const DOCUMENTS = ['docs/performance.md', 'docs/scaling.md'].map((path) => join(projectRoot, path));

export function writeDocument(): void {
  const records = JSON.parse(readFileSync(DOCUMENTED, 'utf8')) as Records;
  for (const path of DOCUMENTS) writeFileSync(path, filled(readFileSync(path, 'utf8'), records));
}

/** What stands between `<!-- bench NAME -->` and `<!-- end -->` is replaced. */
export function filled(document: string, records: Records): string {
  return document.replace(
    /(<!-- bench (\S+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const make = tables[name];
      if (!make) throw new Error(`a document asks for a table that there is not: ${name}`);
      return `${begin}${make(records)}\n${end}`;
    },
  );
}

const tables: Record<string, (records: Records) => string> = {
  environment: ({ environment, results }) => {
    const loads = results.map(({ load }) => load).sort((a, b) => a - b);
    const times = results.map(({ time }) => time).sort();
    const quick = results.some((result) => result.quick) ? ' Some are of the quick form.' : '';
    return (
      `${environment}. Measured between ${times[0]} and ${times.at(-1)}, ` +
      `with a load average between ${loads[0]} and ${loads.at(-1)}.${quick}`
    );
  },
  compared: ({ results }) => compared(results.filter(({ name }) => /^W[1-5]/.test(name))),
  'processor-time': ({ results }) =>
    compared(results.filter(({ name }) => name.startsWith('processor time'))),
  long: ({ results }) => listed(results.filter(({ name }) => /^W[6-8]/.test(name))),
  'in-process': ({ results }) =>
    listed(results.filter(({ name }) => !/^(W\d|size|scale|processor|profile)/.test(name))),
  scale: ({ results }) =>
    listed(
      results.filter(({ name }) => name.startsWith('scale')),
      'scale: ',
    ),
  profiles: ({ results }) => profiles(results.filter(({ name }) => name.startsWith(PROFILE))),
  budgets: ({ results }) =>
    markdown(['', 'budget', 'Perdure', 'floor of the model', 'kept'], budgetRows(results, figure)),
  costs: () => costs(),
  sizes: ({ results }) => listed(results.filter(({ name }) => name.startsWith('size'))),
};

function compared(found: Recorded[]): string {
  const known = systems([restate, model, hop, modelHop]).map(({ name }) => name);
  const names = known.filter((system) => found.some(({ name }) => name.endsWith(`: ${system}`)));
  const workloads = [...new Set(found.map(({ name }) => name.split(': ')[0]!))];
  const of = (workload: string, system: string): Recorded | undefined =>
    found.find(({ name }) => name === `${workload}: ${system}`);
  const cell = (workload: string, system: string): string => {
    const result = of(workload, system);
    if (!result) return 'not measured';
    const bare = of(workload, BARE);
    const ratio = system === BARE || !bare ? '' : ` · **${(result.median / bare.median).toFixed(2)} ×**`;
    return `${figure(result.median)} (${figure(result.lowest)} … ${figure(result.highest)})${ratio}`;
  };
  const unit = (workload: string): string => found.find(({ name }) => name.startsWith(workload))!.unit;
  return markdown(
    ['workload', 'unit', ...names],
    workloads.map((workload) => [workload, unit(workload), ...names.map((name) => cell(workload, name))]),
  );
}

/** Milliseconds of each part, which add up. */
function profiles(found: Recorded[]): string {
  const of = (workload: string, part: string, system: string): number =>
    found.find(({ name }) => name === `${PROFILE}${workload}, ${part}: ${system}`)?.median ?? 0;
  const distinct = (group: number): string[] => [
    ...new Set(found.map(({ name }) => /of (W\d), (.*): (.*)$/.exec(name)![group]!)),
  ];
  const [workloads, parts, measured] = [distinct(1), distinct(2), distinct(3)];
  const columns = workloads.flatMap((workload) => measured.map((system) => ({ workload, system })));
  const sum = ({ workload, system }: { workload: string; system: string }): number =>
    parts.reduce((total, part) => total + of(workload, part, system), 0);
  return markdown(
    ['ms a run', ...columns.map(({ workload, system }) => `${workload}: ${system}`)],
    [
      ...parts.map((part) => [
        part,
        ...columns.map(({ workload, system }) => of(workload, part, system).toFixed(2)),
      ]),
      ['**all**', ...columns.map((column) => `**${sum(column).toFixed(2)}**`)],
    ],
  );
}

function listed(results: Recorded[], prefix = ''): string {
  return markdown(
    ['', 'median', 'unit', 'lowest … highest', 'runs'],
    results.map(({ name, median, unit, lowest, highest, repeats }) => {
      const spread = repeats > 1 ? `${figure(lowest)} … ${figure(highest)}` : '';
      return [name.slice(prefix.length), figure(median), unit, spread, String(repeats)];
    }),
  );
}

const BILLED: Record<keyof typeof prices, string> = {
  workerRequest: 'Worker requests',
  objectRequest: 'object requests',
  rowWritten: 'rows written',
  rowRead: 'rows read',
  queueOperation: 'queue operations',
  objectMillisecond: 'object ms',
};

function costs(): string {
  const counted = Object.keys(BILLED) as Array<keyof typeof prices>;
  return markdown(
    ['operation', ...Object.values(BILLED), '$ per million'],
    Object.values(operations).map(({ name, billed }: { name: string; billed: Billed }) => [
      name,
      ...counted.map((what) => String(billed[what] ?? 0)),
      dollarsPerMillion(billed).toFixed(2),
    ]),
  );
}

function markdown(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
