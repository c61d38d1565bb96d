/** What the project has set itself, beside what was measured: each row one figure over another, or one figure alone. */

import { operations } from './costs.ts';
import type { Recorded } from './record.ts';
import { BARE } from './systems.ts';

interface Budget {
  /** Names of results: that of the system, and what it is held against. Without `against`: the figure itself. */
  of: string;
  against?: string;
  /** What is taken off it first: what the one result has more than the other. */
  without?: [string, string];
  /** Not measured but counted: test/workerd/costs.test.ts holds the engine to it. */
  counted?: number;
  unit?: string;
  most?: number;
  least?: number;
  /** What the floor of the model has to show, held against the same. */
  floor?: string;
}

const system = (workload: string, name: string): string => `${workload}: ${name}`;

/** Of Perdure with direct dispatch, against another system. */
const beside = (workload: string, other: string, bound: Pick<Budget, 'most' | 'least'>): Budget => ({
  of: system(workload, 'Perdure, direct'),
  against: system(workload, other),
  ...bound,
  floor: system(workload, 'floor of the model'),
});

const flat = (steps: string): Budget => ({
  of: `W6 ${steps}: last hundred`,
  against: `W6 ${steps}: first hundred`,
  most: 1.1,
});

const counted = (of: string, value: number, most: number, unit = 'rows'): Budget => ({
  of,
  counted: value,
  most,
  unit,
});

const RESTATE = 'Restate 1.7.12';
const W1 = 'W1 one activity';

export const BUDGETS: Budget[] = [
  beside(`${W1}, p50`, 'bare', { most: 1.3 }),
  beside(`${W1}, p50`, 'Cloudflare Workflows', { most: 0.6 }),
  {
    of: system(`${W1}, p50`, 'Perdure, by queue'),
    without: [system(`${W1}, p50`, 'bare, by queue'), system(`${W1}, p50`, 'bare')],
    against: system(`${W1}, p50`, 'bare'),
    most: 1.3,
    floor: system(`${W1}, p50`, 'floor of the model, by queue'),
  },
  beside(`${W1}, 16 clients`, 'bare', { least: 0.75 }),
  beside(`${W1}, 16 clients`, 'Cloudflare Workflows', { least: 1.8 }),
  beside('W2 ten activities in sequence, p50', 'bare', { most: 1.5 }),
  beside('W2 ten activities in sequence, p50', RESTATE, { most: 1 }),
  beside('W3 a hundred activities in parallel, p50', 'bare', { most: 1.2 }),
  beside('W3 a hundred activities in parallel, p50', RESTATE, { most: 1 }),
  beside('W4 signal to completion, p50', 'bare', { most: 1.3 }),
  beside('W4b signals to one run, 16 clients', 'bare', { least: 1 }),
  beside('W4b signals to one run, 16 clients', RESTATE, { least: 1 }),
  beside('W5 1,000 timers due together, lateness p99', 'bare', { most: 1.5 }),
  ...['JS RPC, direct', 'a WebSocket, direct', 'JS RPC, by queue'].map((transport) =>
    flat(`2,000 activities in sequence, ${transport}`),
  ),
  ...['JS RPC, direct', 'JS RPC, by queue'].map((transport) =>
    flat(`10,000 activities in sequence, ${transport}`),
  ),
  beside('W7 memory per waiting run, of 5,000', 'bare', { most: 1.3 }),
  {
    of: 'W7 1,000 runs asleep for an hour of virtual time: alarms of the runs',
    most: 0,
  },
  beside('W8 kill -9 with 200 runs in flight, until all have ended', RESTATE, { most: 1 }),
  counted('one more activity, direct', operations.direct.billed.rowWritten, 3),
  counted('one more activity, by queue', operations.consumer.billed.rowWritten, 4),
  counted('one more activity, by queue', operations.consumer.billed.objectRequest, 3, 'object requests'),
  counted('one more activity, by queue', operations.consumer.billed.queueOperation / 3, 1, 'messages'),
  counted('a signal', operations.signal.billed.rowWritten, 1),
  counted('a timer', operations.timer.billed.rowWritten, 3),
  { of: 'replay of 50,000 events', least: 100_000 },
  { of: 'a run of 50,000 events resumes', most: 2_000 },
  { of: 'size of the engine, compressed', most: 1_024 },
  { of: "size of a Worker's SDK, compressed", most: 60 },
];

/** A line for each: what, the budget, what was measured, what the floor of the model has, and whether it is kept. */
export function budgetRows(results: Recorded[], figure: (value: number) => string): string[][] {
  const median = (name: string | undefined): number | undefined =>
    results.find((result) => result.name === name)?.median;
  const unitOf = (name: string): string => results.find((result) => result.name === name)?.unit ?? '';
  const amount = (value: number): string =>
    Number.isInteger(value) ? value.toLocaleString('en-US') : figure(value);
  return BUDGETS.map((budget) => {
    const { of, against, most, least, floor, without } = budget;
    const over = (name: string | undefined): number | undefined => {
      const [value, base] = [median(name), against === undefined ? 1 : median(against)];
      return value === undefined || base === undefined ? undefined : value / base;
    };
    const more = without ? over(without[0])! - over(without[1])! : 0;
    const lessHop = (ratio: number | undefined): number | undefined =>
      ratio === undefined ? undefined : ratio - more;
    const value = budget.counted ?? lessHop(over(of));
    const unit = budget.unit ?? (against === undefined ? unitOf(of) : '×');
    const shown = (value: number | undefined): string =>
      value === undefined ? '' : `${against === undefined ? amount(value) : value.toFixed(2)} ${unit}`;
    const kept = value === undefined ? undefined : value <= (most ?? value) && value >= (least ?? value);
    return [
      title(budget),
      most === undefined ? `≥ ${shown(least)}` : `≤ ${shown(most)}`,
      value === undefined ? 'not measured' : shown(value),
      shown(lessHop(over(floor))),
      kept === undefined ? '' : kept ? 'yes' : '**no**',
    ];
  });
}

function title({ of, against, without }: Budget): string {
  const [workload, name = ''] = of.split(': ');
  if (/hundred$/.test(name)) return `${workload}: last hundred, of the first`;
  if (without) return `${workload}, by queue, less a hop of bare's, of ${BARE}`;
  return against === undefined ? of : `${workload}, of ${against.split(': ')[1]}`;
}
