/** Code in which nothing may be found. */

const ACTS = `import { proxyActivities } from 'perdure/workflow';
const { charge } = proxyActivities<{ charge(): Promise<void> }>({ startToCloseTimeout: '1m' });
`;
const inWorkflow = (body: string): string => `export async function w(): Promise<void> {\n${body}\n}\n`;
const from = (names: string, code: string): string => `import { ${names} } from 'perdure/workflow';\n${code}`;

export const good: Array<[what: string, code: string]> = [
  [
    'types of activities',
    `import type * as activities from './activities.ts';\nexport type A = typeof activities;`,
  ],
  [
    'one type of activities',
    `import { type charge } from './activities.ts';\nexport type A = typeof charge;`,
  ],
  [
    'a module of which only types are used',
    `import { charge } from './activities.ts';\nexport type A = typeof charge;`,
  ],
  ['types of the client', `import type { Client } from 'perdure/client';\nexport type C = Client;`],
  ['types that are passed on', `export type { Client } from 'perdure/client';`],
  [
    'types in implements',
    `import { Stream } from 'node:stream';\nexport abstract class S implements Pick<Stream, 'on'> { abstract on: Stream['on']; }`,
  ],
  [
    'the parts of the SDK that are shared',
    `import { ApplicationFailure } from 'perdure/common';\n${inWorkflow("throw new ApplicationFailure('no');")}`,
  ],
  [
    'Temporal’s names',
    `import { sleep } from '@temporalio/workflow';\n${inWorkflow("await sleep('30 days');")}`,
  ],
  [
    'files inside of Temporal’s packages',
    `import { sleep } from '@temporalio/workflow/lib/workflow';\n${inWorkflow("await sleep('30 days');")}`,
  ],
  [
    'Temporal’s packages that stand on the SDK',
    `import { WorkflowStream } from '@temporalio/workflow-streams/workflow';\n${inWorkflow('new WorkflowStream();')}`,
  ],
  [
    'builtins without input and output',
    `import assert from 'node:assert';\nimport { inspect } from 'util';\n${inWorkflow('assert(inspect(1));')}`,
  ],
  ['pure packages', `import { z } from 'zod';\n${inWorkflow('z.string();')}`],
  ['the clock', inWorkflow('Date.now(); new Date(); performance.now();')],
  [
    'randomness',
    inWorkflow('Math.random(); crypto.randomUUID(); crypto.getRandomValues(new Uint8Array(4));'),
  ],
  ['timeouts', inWorkflow('const t = setTimeout(() => {}, 1000); clearTimeout(t);')],
  ['a name of one’s own', `const fetch = (n: number): number => n;\n${inWorkflow('fetch(1);')}`],
  [
    'a parameter with a global’s name',
    `export async function w(process: { env: string }): Promise<string> { return process.env; }`,
  ],
  [
    'a property with a global’s name',
    inWorkflow('const host = { fetch: 1, process: 2 }; host.fetch; host.process;'),
  ],
  [
    'a method with a global’s name',
    `export class Store { fetch(): number { return 1; } setInterval(): void {} }`,
  ],
  ['a type with a global’s name', `export type F = typeof fetch;\nexport interface I { socket: WebSocket }`],
  ['asking what there is', inWorkflow("if (typeof fetch === 'function') return;")],
  ['a worker of one’s own', `class Worker { name = 'ann'; }\n${inWorkflow('new Worker();')}`],
  ['a date from the history', `const EPOCH = new Date(0);\n${inWorkflow('EPOCH.toISOString();')}`],
  ['a clock that is only defined at load', `const now = (): number => Date.now();\n${inWorkflow('now();')}`],
  ['a field that is set in the run', `export class Order { made = Date.now(); }`],
  ['UTC', inWorkflow('new Date().getUTCHours();')],
  ['a named time zone', inWorkflow("new Date(0).toLocaleString('de', { timeZone: 'Europe/Berlin' });")],
  [
    'a formatter with a time zone',
    inWorkflow("new Intl.DateTimeFormat('de', { timeZone: 'UTC' }).format(0);"),
  ],
  [
    'constants at the top',
    `const LIMITS = { most: 3 };\nconst NAMES = ['a', 'b'];\n${inWorkflow('LIMITS.most; NAMES.map((n) => n);')}`,
  ],
  [
    'a table that is filled while it is loaded',
    `const TABLE = new Map<string, number>();\nfor (const n of ['a']) TABLE.set(n, 1);\n${inWorkflow("TABLE.get('a');")}`,
  ],
  [
    'a variable that is set once at load',
    `let limit = 3;\nif (limit > 2) limit = 2;\n${inWorkflow('limit;')}`,
  ],
  ['state of the run', inWorkflow("let n = 0; n++; const seen = new Map(); seen.set('a', n);")],
  ['a copy that is sorted', `const NAMES = ['b', 'a'];\n${inWorkflow('[...NAMES].sort();')}`],
  [
    'a name that hides the module’s',
    `const list: number[] = [];\n${inWorkflow('const list: number[] = []; list.push(1);')}\nexport const all = list;`,
  ],
  [
    'an object that means something else by set',
    `import { registry } from 'a-package';\n${inWorkflow("registry.set('a');")}`,
  ],
  [
    'state of an object',
    `export class Lock { #held = false; take(): void { this.#held = true; } free(): boolean { return this.#held; } }`,
  ],
  [
    'a signal that changes state',
    from('defineSignal, setHandler', inWorkflow("let n = 0; setHandler(defineSignal('s'), () => { n++; });")),
  ],
  [
    'a query that reads',
    from(
      'defineQuery, setHandler',
      inWorkflow(
        "let n = 0; n++; setHandler(defineQuery('q'), () => { const copy = [n]; copy.push(1); return copy; });",
      ),
    ),
  ],
  [
    'an async update',
    from(
      'defineUpdate, setHandler, sleep',
      inWorkflow("setHandler(defineUpdate('u'), async () => { await sleep(1); }, { validator: () => {} });"),
    ),
  ],
  ['an activity that is awaited', `${ACTS}${inWorkflow('await charge();')}`],
  [
    'activities at the same time',
    `${ACTS}${inWorkflow('const one = charge(); await Promise.all([one, charge()]);')}`,
  ],
  ['an activity that is meant to float', `${ACTS}${inWorkflow('void charge();')}`],
  ['an activity that is passed on', `${ACTS}export const again = () => charge();`],
  [
    'an activity with a catch',
    `${ACTS}${inWorkflow('const done = charge().catch(() => undefined); await done;')}`,
  ],
  [
    'a function with the name of sleep',
    `const sleep = (n: number): number => n;\n${inWorkflow('sleep(1);')}`,
  ],
  ['a loop that sleeps', from('sleep', inWorkflow("while (true) await sleep('1 day');"))],
  ['a loop that returns', inWorkflow('for (let n = 0; ; n++) { if (n > 3) return; }')],
  [
    'a loop that breaks',
    inWorkflow('let n = 0; outer: while (true) { for (;;) { if (n++ > 3) break outer; } }'),
  ],
  ['a loop that counts', inWorkflow('let n = 3; while (n-- > 0) {}')],
  [
    'a condition on state',
    from(
      'condition',
      inWorkflow(
        'let done = false; setTimeout(() => { done = true; }, 1); await condition(() => done, "1 day");',
      ),
    ),
  ],
  [
    'a condition that calls',
    from(
      'condition, allHandlersFinished',
      inWorkflow('await condition(allHandlersFinished); await condition(() => allHandlersFinished());'),
    ),
  ],
  ['a race', from('sleep', `${inWorkflow("await Promise.race([sleep('1 day'), sleep(5)]);")}`)],
  [
    'a promise that is settled elsewhere',
    inWorkflow(
      'let done = () => {}; const p = new Promise<void>((resolve) => { done = resolve; }); done(); await p;',
    ),
  ],
  [
    'durations',
    from(
      'sleep',
      `const DAY = 86_400_000;\n${inWorkflow("await sleep(0); await sleep('1.5h'); await sleep(7 * 24 * 60 * 60 * 1000); await sleep(DAY);")}`,
    ),
  ],
  [
    'a catch that throws on',
    from(
      'isCancellation',
      `${ACTS.replace(/import.*\n/, "import { proxyActivities } from 'perdure/workflow';\n")}${inWorkflow('let ok = true; try { await charge(); } catch (error) { if (isCancellation(error)) throw error; ok = false; } ok;')}`,
    ),
  ],
  [
    'a catch that looks at the error',
    from(
      'log',
      `${ACTS}${inWorkflow("try { await charge(); } catch (error) { log.warn('no', { error }); }")}`,
    ),
  ],
  ['a catch around what is not awaited', inWorkflow("try { JSON.parse('a'); } catch {}")],
  [
    'an exception with a reason',
    inWorkflow('// perdure-lint-ignore host-environment -- a constant of our build\nprocess.env.REGION;'),
  ],
  ['an exception on the line', inWorkflow('process.env.REGION; // perdure-lint-ignore host-environment')],
  [
    'two exceptions',
    inWorkflow('console.log(process.env.A); // perdure-lint-ignore console, host-environment'),
  ],
  [
    'prose about code',
    `/** Never call fetch() or read process.env here. */\nexport const text = 'await fetch(url)';`,
  ],
  [
    'a condition that only its time ends',
    from('condition', inWorkflow("await condition(() => false, '1 day');")),
  ],
  [
    'CommonJS',
    `const { sleep } = require('@temporalio/workflow');\nexports.w = async () => { await sleep(1); };`,
  ],
];
