/**
 * The examples as their READMEs have them: an engine with their Workers, as `npm start` runs it, and every command that is shown,
 * in its order. What a test cannot do as a reader does (kill, edit, wait ten minutes) is named, with where else it is tested.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleFolder } from '../../scripts/lib/dev-config.ts';
import { type Engine, launchEngine } from '../../scripts/lib/launch.ts';
import { projectRoot } from '../../scripts/lib/root.ts';
import { quick } from './processes.ts';
import { reapFolder } from './reaper.ts';

interface Step {
  /** As the README has it, without its comment. */
  line: string;
  /** In what it prints. */
  shows: RegExp;
  /** What is typed, once it asks. */
  input?: string;
  /** Done as soon as it has printed something; it ends behind them. */
  meanwhile?: Step[];
}
const client = (name: string, flags: string, shows: RegExp, more: Partial<Step> = {}): Step => ({
  line: `npx node examples/${name}/client.ts${flags && ` ${flags}`}`,
  shows,
  ...more,
});
const perdure = (verb: string, shows: RegExp): Step => ({ line: `npm run perdure -- ${verb}`, shows });

const examples: Record<string, Step[]> = {
  actor: [
    client('actor', 'take:sword move:3,0 fight:dragon', /actions: 3/),
    client('actor', '', /position: \{ x: 3, y: 0 \}/),
    client('actor', 'leave', /treasure: 1/),
  ],
  'ai-agent': [
    client('ai-agent', '"the weather in Oslo, and refund order 7"', /answer: .*refunded order 7/, {
      input: 'yes\n',
    }),
  ],
  'batch-fan-out': [
    client('batch-fan-out', '--records 1000', /processed: 999, failed: \[ 999 \]/),
    perdure(`workflow list --query "WorkflowType = 'processChunk'"`, /COMPLETED {2}batch-\w+\/900-999/),
  ],
  'batch-sliding-window': [
    client('batch-sliding-window', '--records 200 --window 10', /succeeded: 198, failed: \[ 99, 199 \]/),
    perdure(
      `workflow list --query "WorkflowType = 'slidingWindow'"`,
      /CONTINUED_AS_NEW[\s\S]*CONTINUED_AS_NEW/,
    ),
  ],
  'cron-report': [
    client('cron-report', '', /Next: .*T0[45]:00:00/),
    perdure('schedule describe -s daily-report', /Time zone +Europe\/Berlin/),
    perdure('schedule trigger -s daily-report', /triggered/),
    perdure("schedule toggle -s daily-report --pause --reason 'a holiday'", /paused/),
  ],
  'data-pipeline': [
    client('data-pipeline', '', /16 in 3 rows/),
    client('data-pipeline', '--rows 3,oops,8 --id pipeline-7', /clean: stopped row 2 is no number/),
    client('data-pipeline', '--id pipeline-7 --retry', /clean: stopped/),
    client('data-pipeline', '--id pipeline-7 --retry --tolerant', /11 in 2 rows/),
  ],
  encryption: [client('encryption', '', /"encoding": "YmluYXJ5L2VuY3J5cHRlZA=="/)],
  'human-approval': [
    client('human-approval', '--order 7 --amount 500', /approved/, {
      meanwhile: [client('human-approval', '--order 7 --approve Carol', /"outcome":"signaled"/)],
    }),
    perdure('operator webhook deliveries --webhook-id approvals', /signaled/),
  ],
  'mail-queue': [
    client('mail-queue', '', /250 "Receipt" taken for ada@example.org at attempt 1/),
    client('mail-queue', '', /It was sent before/),
    client('mail-queue', '--to busy@example.org', /at attempt 3/),
    client('mail-queue', '--to nobody', /Not sent: nobody is no address/),
    perdure(`activity list --query "ActivityType = 'sendMail'"`, /COMPLETED[\s\S]*Receipt to ada/),
    perdure('activity describe -a "Receipt to busy@example.org"', /Attempt +3/),
  ],
  mutex: [client('mutex', '', /a ring, by p1/)],
  'nightly-batch': [
    client('nightly-batch', '', /stuck|wait/i),
    perdure(
      `workflow count --query "WorkflowType = 'settleAccount' GROUP BY ExecutionStatus"`,
      /Completed[\s\S]*Running|Running[\s\S]*Completed/i,
    ),
    perdure(`workflow list --query "WorkflowType = 'settleAccount' AND WaitingOn = 'signal'"`, /RUNNING/),
    perdure(
      `workflow signal --query "WorkflowType = 'settleAccount' AND WaitingOn = 'signal'" --name tryAgain --reason 'the banks answer again' --yes`,
      /batch job/i,
    ),
    perdure('batch list', /SIGNAL/i),
    perdure('schedule describe -s nightly-batch', /nightly-batch/),
  ],
  'opentelemetry-interceptors': [client('opentelemetry-interceptors', '', /shipped a lamp/)],
  'order-processing': [
    client('order-processing', '', /delivered/),
    client('order-processing', '--items unicorn=1', /refunded/),
    client('order-processing', '--customer broke', /declined: card declined/),
  ],
  polling: [client('polling', '--video broken', /Failed: broken is no video\s+Events: 17/)],
  provisioning: [
    client('provisioning', '', /Ready/),
    client('provisioning', '--name quota', /Failed: No more servers for quota/),
  ],
  saga: [
    client('saga', '', /status: 'booked'/),
    client('saga', '--car "sold out"', /step \[car\] failed: sold out/),
  ],
  'shopping-cart': [
    client('shopping-cart', 'add tea 2', /total: 900/),
    client('shopping-cart', 'add gold', /There is no gold/),
    client('shopping-cart', 'pay 10', /The payment failed/),
    client('shopping-cart', 'pay 4711', /order of cart-ada/),
    client('shopping-cart', '', /tea/),
  ],
  'tenant-fairness': [
    // Who is first is for its own tests: a busy engine learns of a new limit within five seconds.
    client('tenant-fairness', '', /globex: 60 files, 3950 rows/),
    perdure('task-queue describe -t tenant-fairness', /tenant-fairness/),
    perdure('task-queue config get -t tenant-fairness', /At a time +3/),
    perdure('task-queue config set -t tenant-fairness --fairness-key-rps-limit-default 2', /2/),
    perdure(
      'task-queue config set -t tenant-fairness --fairness-key-rps-limit-default default --max-concurrent default',
      /^/,
    ),
  ],
  'user-onboarding': [
    client('user-onboarding', '--id ada', /active/, {
      meanwhile: [
        client('user-onboarding', '--id ada --verified', /^/),
        client('user-onboarding', '--id ada --stage', /welcome/),
        client('user-onboarding', '--id ada --active', /^/),
      ],
    }),
  ],
};

/** Commands of READMEs that are not among these, and why. */
const byHand: Array<[line: RegExp, why: string]> = [
  [/file-processing\/client/, 'its Worker is killed: file-processing.test.ts'],
  [/python-worker\/client/, 'its Worker is in Python: python-worker.test.ts'],
  [/versioning\/client|worker deployment/, 'its files are edited: versioning.test.ts and its own test'],
  [/polling\/client.ts --seconds 90/, 'takes two minutes'],
  [/--hotel "final"|--resolve skip/, 'takes ten minutes'],
  [/provisioning\/client.ts --name mine/, 'wants Ctrl-C'],
  [/worker-specific-queues\//, 'two hosts, one of which is killed: its own tests'],
  [/codec-server|status-page/, 'serves until it is ended'],
];

const names = quick ? ['human-approval', 'saga', 'shopping-cart'] : Object.keys(examples);
const dir = mkdtempSync(join(tmpdir(), 'perdure-examples-'));
let engine: Engine;
beforeAll(async () => {
  reapFolder(dir);
  engine = await launchEngine({ dataDir: dir, workers: names.map(exampleFolder) });
});
afterAll(async () => {
  await engine?.kill();
  rmSync(dir, { recursive: true, force: true });
});

async function run({ line, shows, input, meanwhile = [] }: Step): Promise<void> {
  const command = line.replace(/^npx node/, 'node').replace(/^npm run perdure --/, 'node sdk/cli/main.ts');
  const env = {
    ...process.env,
    PATH: `${join(projectRoot, 'node_modules/.bin')}:${process.env.PATH}`,
    PERDURE_ADDRESS: engine.url,
  };
  const child = spawn('sh', ['-c', `exec ${command}`], { cwd: projectRoot, env });
  let output = '';
  let begun = (): void => undefined;
  const printed = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
      begun();
      if (input && output.includes('?')) child.stdin.end(input);
    });
  if (meanwhile.length > 0) await Promise.race([printed, ended]);
  for (const step of meanwhile) await run(step);
  await ended;
  expect(`$ ${line}\n${output}`).toMatch(shows);
}

describe.concurrent('the commands of the README of', () => {
  it.each(names)('%s', async (name) => {
    for (const step of examples[name]!) await run(step);
  });
});

it('every command that a README shows is among these, or is done elsewhere', () => {
  const lines = (steps: Step[]): string[] =>
    steps.flatMap(({ line, meanwhile = [] }) => [line, ...lines(meanwhile)]);
  const known = new Set(lines(Object.values(examples).flat()));
  const index = readFileSync(join(projectRoot, 'examples/README.md'), 'utf8');
  const forgotten = [...index.matchAll(/\]\(([\w-]+)\/README\.md\)/g)].flatMap(([, name]) => {
    const text = readFileSync(join(projectRoot, 'examples', name!, 'README.md'), 'utf8');
    const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split('\n'));
    return blocks
      .map((line) => line.replace(/\s+# .*$/, '').trim())
      .filter((line) => /^(?:npx node examples|npm run perdure)/.test(line) && !line.includes('…'))
      .filter((line) => !known.has(line) && !byHand.some(([pattern]) => pattern.test(line)));
  });
  expect(forgotten).toEqual([]);
});
