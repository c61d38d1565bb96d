/** Code that must not pass, by the rule that finds it. Every line is a snippet of its own; `activities.ts` and `state.ts` stand beside it. */

import type { RuleId } from '../../sdk/lint/rules.ts';

const ACTS = `import { proxyActivities } from 'perdure/workflow';
const { charge } = proxyActivities<{ charge(): Promise<void> }>({ startToCloseTimeout: '1m' });
`;
const inWorkflow = (body: string): string => `export async function w(): Promise<void> {\n${body}\n}\n`;
const from = (names: string, code: string): string => `import { ${names} } from 'perdure/workflow';\n${code}`;

export const bad: Array<[rule: RuleId, code: string]> = [
  ['activity-import', `import { charge } from './activities.ts';\n${inWorkflow('await charge();')}`],
  [
    'activity-import',
    `import * as activities from './activities.ts';\n${inWorkflow('await activities.charge();')}`,
  ],
  ['activity-import', `export * from './activities';`],
  ['activity-import', `import './billing.activities.ts';`],
  ['host-import', `import { Client } from 'perdure/client';\n${inWorkflow('new Client();')}`],
  ['host-import', `import { heartbeat } from '@temporalio/activity';\n${inWorkflow('heartbeat();')}`],
  ['host-import', `import { Worker } from '@temporalio/worker';\n${inWorkflow('await Worker.create();')}`],
  ['host-import', `import { env } from 'cloudflare:workers';\n${inWorkflow('env.KEY;')}`],
  ['builtin-import', `import { readFileSync } from 'node:fs';\n${inWorkflow("readFileSync('a');")}`],
  ['builtin-import', `import crypto from 'crypto';\n${inWorkflow("crypto.createHash('sha256');")}`],
  ['builtin-import', `import 'node:perf_hooks';`],
  ['builtin-import', `export { join } from 'node:path';`],
  ['io-package', `import axios from 'axios';\n${inWorkflow("await axios.get('https://a.example');")}`],
  ['io-package', `import { S3Client } from '@aws-sdk/client-s3';\n${inWorkflow('new S3Client();')}`],
  ['io-package', `import pg from 'pg';\n${inWorkflow('new pg.Pool();')}`],
  ['io-package', `import { drive } from 'googleapis/build/src/apis/drive';\n${inWorkflow('drive();')}`],
  ['dynamic-import', inWorkflow("await import('./state.ts');")],
  ['dynamic-import', inWorkflow("require('./state.ts');")],
  ['forbidden-global', inWorkflow("await fetch('https://a.example');")],
  ['forbidden-global', inWorkflow("await globalThis.fetch('https://a.example');")],
  ['forbidden-global', `const get = fetch;\n${inWorkflow("await get('https://a.example');")}`],
  ['forbidden-global', inWorkflow("const { fetch } = globalThis; await fetch('https://a.example');")],
  ['forbidden-global', inWorkflow('setInterval(() => {}, 1000);')],
  ['forbidden-global', inWorkflow('new WeakRef({}).deref();')],
  ['forbidden-global', inWorkflow('new FinalizationRegistry(() => {});')],
  ['forbidden-global', inWorkflow('Atomics.wait(new Int32Array(1), 0, 0);')],
  ['forbidden-global', inWorkflow('AbortSignal.timeout(1000);')],
  ['forbidden-global', inWorkflow("await crypto.subtle.digest('SHA-256', new Uint8Array());")],
  [
    'forbidden-global',
    inWorkflow('const { subtle } = crypto; await crypto["subtle"].digest("SHA-1", new Uint8Array());'),
  ],
  ['forbidden-global', inWorkflow('await scheduler.wait(1);')],
  ['forbidden-global', inWorkflow("new WebSocket('wss://a.example');")],
  ['host-environment', inWorkflow('if (process.env.NODE_ENV) return;')],
  ['host-environment', inWorkflow('process.hrtime();')],
  ['host-environment', `const { env } = process;\n${inWorkflow('env.KEY;')}`],
  ['host-environment', `declare const process: { cwd(): string };\n${inWorkflow('process.cwd();')}`],
  ['host-environment', inWorkflow('import.meta.env.MODE;')],
  ['host-environment', inWorkflow('navigator.userAgent;')],
  ['host-clock', inWorkflow('performance.timeOrigin;')],
  ['host-clock', inWorkflow('Temporal.Now.instant();')],
  ['new-worker', inWorkflow("new Worker('./thread.js');")],
  ['eval-code', inWorkflow("eval('1 + 1');")],
  ['eval-code', inWorkflow("new Function('return 1')();")],
  ['load-time-value', `const begun = Date.now();\n${inWorkflow('begun;')}`],
  ['load-time-value', `const id = crypto.randomUUID();\n${inWorkflow('id;')}`],
  ['load-time-value', `export class C { static made = new Date(); }`],
  ['load-time-value', `const seed = (() => Math.random())();\n${inWorkflow('seed;')}`],
  [
    'load-time-value',
    from('workflowInfo', `const { workflowId } = workflowInfo();\n${inWorkflow('workflowId;')}`),
  ],
  ['local-time', inWorkflow('new Date().getHours();')],
  ['local-time', inWorkflow('(12.5).toLocaleString();')],
  ['local-time', inWorkflow("new Intl.DateTimeFormat('de').format(0);")],
  ['mutable-module-state', `let count = 0;\n${inWorkflow('count++;')}`],
  ['mutable-module-state', `let last: string;\n${inWorkflow("[last] = ['a'];")}`],
  ['mutable-module-state', `const cache = new Map<string, number>();\n${inWorkflow("cache.set('a', 1);")}`],
  ['mutable-module-state', `const orders: string[] = [];\n${inWorkflow("orders.push('a');")}`],
  ['mutable-module-state', `const state = { n: 0 };\n${inWorkflow('state.n += 1;')}`],
  ['mutable-module-state', `export const state = { ids: new Set() };\n${inWorkflow("state.ids.add('a');")}`],
  [
    'mutable-module-state',
    `const state: Record<string, number> = { a: 1 };\n${inWorkflow('delete state.a;')}`,
  ],
  ['mutable-module-state', `const state = {};\n${inWorkflow('Object.assign(state, { a: 1 });')}`],
  ['mutable-module-state', `class Counter { static n = 0; }\n${inWorkflow('Counter.n++;')}`],
  ['mutable-module-state', `import { shared } from './state.ts';\n${inWorkflow('shared.count = 1;')}`],
  [
    'query-mutation',
    from(
      'defineQuery, setHandler',
      inWorkflow("let reads = 0; setHandler(defineQuery('q'), () => ++reads);"),
    ),
  ],
  [
    'query-mutation',
    from(
      'defineQuery, setHandler',
      `const q = defineQuery('q');\n${inWorkflow(
        'const seen: number[] = []; setHandler(q, () => { seen.push(1); return seen; });',
      )}`,
    ),
  ],
  [
    'async-handler',
    from(
      'defineQuery, setHandler',
      `const q = defineQuery('q');\n${inWorkflow('setHandler(q, async () => 1);')}`,
    ),
  ],
  [
    'async-handler',
    from(
      'defineUpdate, setHandler',
      inWorkflow("setHandler(defineUpdate('u'), async () => {}, { validator: async () => {} });"),
    ),
  ],
  ['floating-promise', `${ACTS}${inWorkflow('charge();')}`],
  [
    'floating-promise',
    from(
      'proxyActivities',
      `const acts = proxyActivities<any>({ startToCloseTimeout: 1 });\n${inWorkflow('acts.charge(1);')}`,
    ),
  ],
  ['floating-promise', `import * as wf from '@temporalio/workflow';\n${inWorkflow("wf.sleep('1 day');")}`],
  ['floating-promise', from('condition', `let done = false;\n${inWorkflow('condition(() => done);')}`)],
  ['floating-promise', from('continueAsNew', inWorkflow('continueAsNew();'))],
  ['floating-promise', from('executeChild as child', inWorkflow("if (true) child('other');"))],
  ['endless-loop', inWorkflow('while (true) { Math.sqrt(2); }')],
  ['endless-loop', inWorkflow('for (;;) { for (const a of [1]) { if (a) break; } }')],
  ['endless-loop', inWorkflow('const end = Date.now() + 1000; while (Date.now() < end) Math.sqrt(2);')],
  ['endless-loop', inWorkflow('let done = false; setTimeout(() => { done = true; }, 1); while (!done) {}')],
  ['endless-loop', inWorkflow('do { [1].map(async (a) => await a); } while (true);')],
  ['condition-progress', from('condition', inWorkflow('await condition(async () => true);'))],
  ['condition-progress', from('condition', inWorkflow('await condition(() => false);'))],
  [
    'condition-progress',
    from('condition', inWorkflow('const at = Date.now() + 5; await condition(() => Date.now() > at);')),
  ],
  [
    'condition-progress',
    from('condition', inWorkflow('let n = 0; setTimeout(() => n++, 1); await condition(n > 0);')),
  ],
  ['never-settles', inWorkflow('await Promise.race([]);')],
  ['never-settles', inWorkflow('await new Promise(() => {});')],
  ['timer-duration', from('sleep', inWorkflow("await sleep('5 fortnights');"))],
  ['timer-duration', from('sleep', inWorkflow('await sleep(-1);'))],
  ['timer-duration', from('sleep', inWorkflow('await sleep(Number.MAX_SAFE_INTEGER);'))],
  [
    'timer-duration',
    from('CancellationScope', inWorkflow('await CancellationScope.withTimeout(Infinity, async () => {});')),
  ],
  [
    'timer-duration',
    from('proxyActivities', "export const acts = proxyActivities({ startToCloseTimeout: '5 fortnights' });"),
  ],
  [
    'timer-duration',
    from(
      'proxyLocalActivities',
      "export const acts = proxyLocalActivities({ startToCloseTimeout: '1m', retry: { initialInterval: -1 } });",
    ),
  ],
  [
    'timer-duration',
    from('executeChild', inWorkflow("await executeChild('c', { workflowRunTimeout: '1 fortnight' });")),
  ],
  ['swallowed-cancellation', `${ACTS}${inWorkflow('try { await charge(); } catch {}')}`],
  [
    'swallowed-cancellation',
    `${ACTS}${inWorkflow('let ok = true; try { await charge(); } catch (error) { ok = false; } ok;')}`,
  ],
  ['console', inWorkflow("console.log('here');")],
  ['syntax', 'export function w( {'],
  ['unused-ignore', `${inWorkflow('// perdure-lint-ignore forbidden-global\nMath.sqrt(2);')}`],
  ['unused-ignore', `${inWorkflow('Math.sqrt(2); // perdure-lint-ignore no-such-rule')}`],
  ['builtin-import', `const { readFileSync } = require('fs');\nexports.w = async () => readFileSync('a');`],
];
