/** SEC-T10, S-48: words that stand in every field of a user's must not turn up in logs, errors or metrics. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../sdk/common/errors.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { MemoryEngine } from '../../sdk/testing/memory-engine.ts';
import { routes } from '../../src/api/routes.ts';
import { jsonLogger } from '../../src/observability/log.ts';
import { NS } from '../api/engine.ts';
import { cases } from '../api/route-cases.ts';
import { ADMIN_KEY, bearer, guarded } from '../auth/support.ts';
import * as workflows from './workflows.ts';

const CANARY = 'canary-4f1d';
const START = Date.UTC(2026, 0, 5);
afterEach(() => {
  vi.restoreAllMocks();
});

/** The word as it is, in base64 at any offset, and in hex. */
function spellings(word: string): string[] {
  const inBase64 = ['', 'x', 'xx'].map((pad) => btoa(`${pad}${word}`).slice(pad.length === 0 ? 0 : 4, -4));
  return [word, ...inBase64, Buffer.from(word).toString('hex')];
}
const expectNone = (text: string): void => {
  for (const spelling of spellings(CANARY)) expect(text).not.toContain(spelling);
};

/** Everything that is text in a body, payloads with it, becomes the word. */
function poisoned(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => poisoned(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poisoned(v, k)]));
  return typeof value === 'string' &&
    ['input', 'reason', 'details', 'message', 'notes', 'identity'].includes(key)
    ? CANARY
    : value;
}

const payloads = {
  input: [CANARY, { [CANARY]: CANARY }],
  memo: { fields: { note: CANARY } },
  header: { fields: { trace: CANARY } },
  userMetadata: { summary: CANARY, details: CANARY },
};

describe('words in payloads and credentials', () => {
  it.each(routes.map(({ rpc, method }) => [rpc, method]))(
    '%s: not in the log, whether it works, is refused or the object is lost',
    async (rpc, method) => {
      const { path, body } = cases[rpc]!;
      const secret = `${CANARY}-credential`;
      const headers = { ...bearer(ADMIN_KEY), cookie: `a=${secret}`, 'x-api-token': secret };
      const sent = method === 'POST' ? { ...(poisoned(body ?? {}) as object) } : undefined;
      const broken = () => Promise.reject(new Error('Network connection lost.'));
      for (const answers of [{}, { request: broken, describe: broken, update: broken }]) {
        const engine = guarded({ ...answers } as never);
        await engine.send(method, path, sent, headers);
        await engine.send(method, path, sent && { ...sent, ...payloads }, headers);
        await engine.send(method, path, sent, bearer(`${secret}x`.padEnd(64, 'x')));
        expectNone(engine.logged.join('\n'));
      }
    },
  );

  it('an error that an object throws is told to nobody but the log, which has an id for it', async () => {
    const engine = guarded({ describe: () => Promise.reject(new Error('the disk of shard 7')) });
    const { text, body } = await engine.get(`${NS}/workflows/w`, bearer(ADMIN_KEY));
    expect(text).not.toContain('shard 7');
    const [, id] = /correlation id (\S+)\)/.exec(body.message)!;
    expect(engine.logged.find((line) => line.includes(id!))).toContain('the disk of shard 7');
  });

  it('a whole run, failing activity and all: not in what the engine prints, nor in its metrics', async () => {
    const printed: string[] = [];
    for (const way of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, way).mockImplementation((...args) => void printed.push(JSON.stringify(args)));
    const log = (...logged: unknown[]): void => void printed.push(JSON.stringify(logged));
    const env = TestWorkflowEnvironment.skippingOn(new MemoryEngine(START, { log }), {});
    const activities = {
      greet: async (name: string) => name,
      fail: async (name: string) => Promise.reject(new Error(`cannot do ${name}`)),
    };
    try {
      await env.runUntil({ taskQueue: 'q', workflows, activities }, async () => {
        const handle = await env.client.workflow.start(workflows.visits, {
          taskQueue: 'q',
          workflowId: 'w',
          args: [CANARY],
          memo: { note: CANARY },
          staticSummary: CANARY,
        });
        await handle.signal(CANARY.slice(0, 3), CANARY);
        await handle.query('nobody', CANARY).catch(() => undefined);
        await handle.executeUpdate('nobody', { args: [CANARY] }).catch(() => undefined);
        expect(await handle.result()).toBe(CANARY);
        await handle.terminate(CANARY).catch(() => undefined);
        const broken = { taskQueue: 'q', workflowId: 'b', args: [CANARY] as [string] };
        await env.client.workflow.start(workflows.breaks, broken);
        await env.sleep('1 minute');
      });
      expectNone(await (await env.fetch('/metrics')).text());
    } finally {
      await env.teardown();
    }
    expect(printed.join('\n')).toContain('workflow task failed');
    expectNone(printed.join('\n'));
  });
});

it('a line of the log is one JSON object with level, message and ids', () => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)));
  jsonLogger.info('one\nthing', { workflowId: 'w' });
  jsonLogger.error('another', { reason: new ServiceError('INTERNAL', 'no') });
  jsonLogger.debug('not shown');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', message: 'one\nthing', workflowId: 'w' },
    { level: 'error', message: 'another', reason: 'no' },
  ]);
  expect(lines[0]).not.toContain('\n');
});
