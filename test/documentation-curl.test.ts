/** What pages show of the API is asked of an engine: curl lines are answered, and answers that are shown are those that come. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from '../examples/money-transfer/activities.ts';
import { Ledger, openBank } from '../examples/money-transfer/bank.ts';
import * as transfers from '../examples/money-transfer/workflows.ts';
import { activityInfo, CompleteAsyncError } from '../sdk/activity/index.ts';
import { ApplicationFailure } from '../sdk/common/failure.ts';
import { TestWorkflowEnvironment } from '../sdk/testing/index.ts';
import { condition, defineUpdate, proxyActivities, setHandler } from '../sdk/workflow/index.ts';
import { guarded } from './auth/support.ts';
import { hmacHex } from './webhooks/support.ts';

const root = join(import.meta.dirname, '..');
const NAMESPACE = '/api/v1/namespaces/default';

/** Words of a command line, as a shell makes them: quotes, escapes, and variables outside of single quotes. */
function wordsOf(line: string, variables: Record<string, string>): string[] {
  const expanded = (text: string): string =>
    text.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => variables[name] ?? `$${name}`);
  const words: string[] = [];
  for (const [, single, double, plain, space] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"\\]|\\[\s\S])+)|(\s+)/g,
  )) {
    if (space !== undefined || words.length === 0) words.push('');
    const text =
      single ??
      (double !== undefined ? expanded(double) : expanded(plain?.replaceAll(/\\(.)/gs, '$1') ?? ''));
    words[words.length - 1] += text;
  }
  return words.filter((word) => word !== '');
}

interface Asked {
  path: string;
  init: RequestInit & { headers: Record<string, string> };
}

/** What curl would send. */
function requestOf(
  command: string,
  variables: Record<string, string>,
  files: Record<string, string> = {},
): Asked {
  const [, ...words] = wordsOf(command, variables);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let url = '';
  const query = new URLSearchParams();
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-X') method = words.shift();
    else if (word === '-d' || word === '--data-binary') {
      const given = words.shift()!;
      body = given.startsWith('@') ? files[given.slice(1)]! : given;
    } else if (word === '-H') {
      const [name, value] = words.shift()!.split(/:\s*(.*)/s) as [string, string];
      headers[name.toLowerCase()] = value;
    } else if (word === '--data-urlencode') {
      const [name, value] = words.shift()!.split(/=(.*)/s) as [string, string];
      query.set(name, value);
    } else if (!word.startsWith('-')) url = word;
  }
  const path = url.replace(/^(?:https?:\/\/)?[^/]+/, '') + (query.size > 0 ? `?${query}` : '');
  return {
    path,
    init: {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      ...(body !== undefined && { body }),
    },
  };
}

const depositUpdate = defineUpdate<number, [number]>('deposit');
const { deposit, wait } = proxyActivities<{ deposit(): Promise<string>; wait(): Promise<string> }>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});
let token = '';
const workflows = {
  ...transfers,
  async ends(): Promise<void> {},
  async account(): Promise<void> {
    setHandler(depositUpdate, (amount) => amount, {
      validator: (amount) => {
        if (amount <= 0) throw ApplicationFailure.nonRetryable(`not a deposit: ${amount}`, 'BadAmount');
      },
    });
    await condition(() => false);
  },
  async transfer(): Promise<string> {
    return deposit();
  },
  async waits(): Promise<void> {
    await wait();
    await condition(() => false);
  },
};

let env: TestWorkflowEnvironment;
const stops: Array<() => void> = [];
beforeEach(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await env.teardown();
});

function serve(taskQueue: string, activities: object = {}): void {
  stops.push(env.serve({ taskQueue, workflows, activities } as never));
}
const start = (type: keyof typeof workflows, workflowId: string, taskQueue = 'money') =>
  env.client.workflow.start(type, { taskQueue, workflowId, args: [] as never });

/** Before the commands under a heading of docs/errors.md: what its reader has done. */
const scenes: Record<string, () => Promise<unknown>> = {
  'Unknown workflow': async () => {
    serve('money');
    await (await start('ends', 't9')).result();
  },
  'An id that is taken': () => start('transfer', 't1'),
  'An update that is refused or fails': async () => {
    serve('money');
    await start('account', 'a1');
  },
  'No Worker': () => start('transfer', 't1'),
  'A stale task token': async () => {
    const activities = {
      wait: async () => {
        token = activityInfo().base64TaskToken;
        throw new CompleteAsyncError();
      },
    };
    serve('money', activities);
    await start('waits', 't3');
    await env.sleep('1 second');
    const body = JSON.stringify({ taskToken: token, result: ['w-1'] });
    await env.fetch(`${NAMESPACE}/activity-complete`, { method: 'POST', body });
  },
};

interface Exchange {
  heading: string;
  command: string;
  status: number;
  body: string;
}
function exchangesOf(page: string): Exchange[] {
  return page.split(/^## /m).flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    const blocks = [...section.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
    return blocks.flatMap((block) =>
      [...block.matchAll(/^\$ (curl .*)\n(\d{3}).*\n((?:(?!\$ )(?!\n).*\n)*)/gm)].map(
        ([, command, status, body]) => ({
          ...{ heading, status: Number(status), body: body! },
          command: command!.replace(/\s+# .*$/, ''),
        }),
      ),
    );
  });
}

/** Whether the answer is what the page shows, but for blanks, ids, times, and what the page leaves out by `…`. */
function expectShown(answer: string, shown: string): void {
  const plain = (text: string): string =>
    text
      .replaceAll(/\s/g, '')
      .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'UUID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  const pattern = plain(shown)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('.*');
  expect(plain(answer)).toMatch(new RegExp(`^${pattern}$`, 's'));
}

describe('docs/errors.md', () => {
  const exchanges = exchangesOf(readFileSync(join(root, 'docs/errors.md'), 'utf8'));
  const files = {
    'seventeen-megabytes.json': JSON.stringify({
      workflowType: { name: 'transfer' },
      taskQueue: { name: 'money' },
      input: ['x'.repeat(17_000_000)],
    }),
  };
  const wantsCredentials = ({ heading, command }: Exchange): boolean =>
    heading.startsWith('Without a credential') && /perdure\.example|Bearer/.test(command);

  /** In memory there is no directory of Workers, and nobody waits by the clock on the wall. */
  const isAboutWorkers = ({ heading, command }: Exchange): boolean =>
    /\/workers|\/query\//.test(command) || heading === 'A Worker that does not have the activity';

  it.each(exchanges.filter((exchange) => !wantsCredentials(exchange) && !isAboutWorkers(exchange)))(
    '$heading: $command',
    async (exchange) => {
      await scenes[exchange.heading]?.();
      const { path, init } = requestOf(exchange.command, { N: `http://localhost:8787${NAMESPACE}` }, files);
      const stale = String(init.body ?? '').replace(/"taskToken":"[^"]*"/, `"taskToken":"${token}"`);
      const response = await env.fetch(path, { ...init, ...(init.body && { body: stale }) });
      expectShown(await response.text(), exchange.body);
      expect(response.status).toBe(exchange.status);
    },
  );

  it.each(exchanges.filter(wantsCredentials))('$command', async ({ command, status, body }) => {
    const closed = command.includes('/health');
    const engine = guarded({}, closed ? { PERDURE_ADMIN_KEY: '' } : {});
    const READER = await engine.keyWith('default:reader');
    const OLD_KEY = `${READER.slice(0, -4)}0000`;
    const line = command.replace('…', '$N/workflows');
    const { path, init } = requestOf(line, { READER, OLD_KEY, N: `http://localhost:8787${NAMESPACE}` });
    const response = await engine.app.request(path, init as never, engine.env, {
      waitUntil: () => undefined,
    } as unknown as ExecutionContext);
    expectShown(await response.text(), body);
    expect(response.status).toBe(status);
  });
});

const lines = ['README.md', ...globSync('docs/*.md', { cwd: root })].flatMap((page) => {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)];
  return blocks.flatMap(([, block]) => {
    const commands = [...block!.matchAll(/^curl (?:'[^']*'|"[^"]*"|[^\n'"])*/gm)];
    const given = [...block!.matchAll(/^([A-Z]+)='([^']*)'$/gm)].map(([, name, text]) => [name!, text!]);
    return commands.map(([command]) => ({
      ...{ page, command: command.replace(/\s+# .*$/, '') },
      variables: Object.fromEntries(given) as Record<string, string>,
    }));
  });
});
const SECRET = 'a secret of GitHub that somebody chose';

it.each(lines)('$page: $command', async ({ command, variables }) => {
  const ledger = new Ledger();
  const bank = openBank({
    record: async (entry) => ledger.apply(entry),
    balances: async (accounts) => Object.fromEntries(accounts.map((each) => [each, ledger.balance(each)])),
  });
  serve('money-transfer', createActivities(bank));
  await start('account', 'cart-ada', 'money-transfer');
  await start('account', 'order-7', 'money-transfer');
  await env.connection.webhookService.createWebhook({
    ...{ namespace: 'default', webhookId: 'reviews' },
    webhook: { kind: 'github', workflowId: 'order-{$.order_id}', signalName: 'decide' },
    secrets: [SECRET],
  });
  // As openssl makes it.
  const SIGNATURE = hmacHex(SECRET, variables.BODY ?? '');
  const { path, init } = requestOf(command, { ...variables, SIGNATURE });
  if (!/^\S*\/workflows\/transfer-7$/.test(path)) {
    const args = [{ amount: 1, sourceAccount: 'acct-alice', targetAccount: 'acct-bob', referenceId: 'r' }];
    const started = { taskQueue: 'money-transfer', workflowId: 'transfer-7', args: args as never };
    await env.client.workflow.start('moneyTransfer', started);
  }
  const response = await env.fetch(path, init);
  expect([response.status, await response.text()]).toEqual([200, expect.anything()]);
});
