import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import type { HistoryEvent } from '../../sdk/client/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { listen } from '../../sdk/worker/http-server.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import * as workflows from '../histories/workflows-reset.ts';
import { silent } from '../runtime/driver.ts';
import { activities, errorOf, START } from './engine.ts';

const QUEUE = 'import';

async function withEngine<T>(test: (env: TestWorkflowEnvironment) => Promise<T>): Promise<T> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({ startTime: START });
  try {
    return await env.runUntil({ taskQueue: QUEUE, workflows, activities }, () => test(env));
  } finally {
    await env.teardown();
  }
}

interface Exported {
  runId: string;
  events: HistoryEvent[];
}

/** A run of another engine, as far as it has come. */
const runElsewhere = (end: boolean): Promise<Exported> =>
  withEngine(async ({ client, sleep }) => {
    const handle = await client.workflow.start(workflows.steps, { taskQueue: QUEUE, workflowId: 'w' });
    await sleep(0);
    await handle.signal('go', 'on');
    await sleep('1 minute');
    if (end) await handle.signal('go', 'end');
    await sleep('1 minute');
    const { runId } = await handle.describe();
    return { runId, events: (await handle.fetchHistory()).events };
  });

const take = ({ client }: TestWorkflowEnvironment, { runId, events }: Exported, workflowId = 'w') =>
  client.workflowService.importWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    history: { events },
  });

describe('a run that is imported', () => {
  it.each([
    ['that was closed', true, 'COMPLETED'],
    ['that was still open', false, 'TERMINATED'],
  ])('%s is there to be read, listed and replayed', async (_, end, status) => {
    const exported = await runElsewhere(end);
    await withEngine(async (env) => {
      const { client } = env;
      expect(await take(env, exported)).toEqual({ runId: exported.runId });
      expect(await take(env, exported)).toEqual({ runId: exported.runId });
      await env.sleep(0);
      const handle = client.workflow.getHandle('w');
      const description = await handle.describe();
      expect(description).toMatchObject({ runId: exported.runId, status: { name: status } });
      expect(description.raw.problems.join()).toContain('imported');
      expect((await handle.fetchHistory()).events).toEqual(exported.events);
      expect((await client.workflow.count("WorkflowId = 'w'")).count).toBe(1);
      const replayed = await replayHistory(await handle.fetchHistory(), workflows, { logger: silent });
      expect(replayed).toMatchObject({ ok: true });
      if (end) expect(await handle.result()).toEqual(['2', 'on', '4', 'end']);
    });
  });

  it('can be neither signalled nor cancelled, terminated, updated or reset', async () => {
    const exported = await runElsewhere(false);
    await withEngine(async (env) => {
      const { client } = env;
      await take(env, exported);
      const handle = client.workflow.getHandle('w');
      const reset = () =>
        client.workflowService.resetWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId: 'w' },
          options: { lastWorkflowTask: {} },
        });
      const tries = [
        () => handle.signal('go', 'x'),
        () => handle.cancel(),
        () => handle.terminate(),
        () => handle.executeUpdate('add', { args: [1] }),
        reset,
      ];
      for (const attempt of tries) {
        const { message, cause } = await errorOf(attempt() as Promise<unknown>);
        expect(`${message} ${cause?.message}`).toMatch(/was imported: it can be read/);
      }
      await env.sleep('40 days');
      expect((await handle.fetchHistory()).events).toEqual(exported.events);
    });
  });

  it('goes on as a fork of it', async () => {
    const exported = await runElsewhere(false);
    await withEngine(async (env) => {
      await take(env, exported);
      await env.client.workflowService.forkWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: 'w' },
        newWorkflowId: 'v',
        options: { lastWorkflowTask: {} },
      });
      const copy = env.client.workflow.getHandle('v');
      await copy.signal('go', 'end');
      expect(await copy.result()).toEqual(['2', 'on', '4', 'end']);
    });
  });

  it('leaves its id to others, and is deleted like any run', async () => {
    const exported = await runElsewhere(true);
    await withEngine(async (env) => {
      const { client } = env;
      await take(env, exported);
      const later = await client.workflow.start(workflows.steps, { taskQueue: QUEUE, workflowId: 'w' });
      const refused = await errorOf(take(env, { ...exported, runId: 'another' }));
      expect(refused.message).toContain('workflow w is running');
      await later.terminate();
      const workflowExecution = { workflowId: 'w', runId: exported.runId };
      await client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution });
      await env.sleep(0);
      await errorOf(client.workflow.getHandle('w', exported.runId).describe());
      expect((await later.describe()).status.name).toBe('TERMINATED');
    });
  });

  it('is refused when it is no history', async () => {
    const { runId, events } = await runElsewhere(true);
    const first = events[0]!;
    const wrong: Array<[HistoryEvent[], RegExp]> = [
      [events.slice(1), /events\[0\]\.eventId: expected 1/],
      [[{ ...events[1]!, eventId: '1' }], /must begin with WorkflowExecutionStarted/],
      [[first, { ...events[1]!, eventType: 'EVENT_TYPE_NEXUS' } as never], /EVENT_TYPE_NEXUS is not known/],
      [[first, events[2]!, events[1]!], /events\[1\]\.eventId: expected 2/],
      [
        [{ eventId: '1', eventTime: first.eventTime, eventType: first.eventType } as never],
        /not the history of a run/,
      ],
    ];
    await withEngine(async (env) => {
      for (const [history, message] of wrong)
        expect((await errorOf(take(env, { runId, events: history }))).message).toMatch(message);
      expect((await env.client.workflow.count('')).count).toBe(0);
    });
  });

  it('comes and goes by the command line', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'perdure-'));
    onTestFinished(() => rmSync(temporary, { recursive: true }));
    const file = join(temporary, 'w.json');
    const exported = await withEngine(async (env) => {
      await env.client.workflow.start(workflows.steps, { taskQueue: QUEUE, workflowId: 'w' });
      await env.sleep(0);
      expect((await perdure(env, `workflow export -w w -f ${file}`)).exitCode).toBe(0);
      expect(
        (await perdure(env, 'workflow fork -w w --new-workflow-id v --type LastWorkflowTask --reason x')).out,
      ).toContain('Workflow v goes on');
      return (await env.client.workflow.getHandle('w').fetchHistory()).events;
    });
    expect(JSON.parse(readFileSync(file, 'utf8')).events).toEqual(exported);
    await withEngine(async (env) => {
      const imported = await perdure(env, `workflow import -f ${file}`);
      expect([imported.exitCode, imported.out]).toEqual([0, expect.stringContaining('is here to be read')]);
      expect((await env.client.workflow.getHandle('w').fetchHistory()).events).toEqual(exported);
    });
  });
});

async function perdure(env: TestWorkflowEnvironment, line: string) {
  const server = await listen(
    (request) => env.nativeConnection.inProcess!.fetch(request.url, request),
    () => new Response(null, { status: 404 }),
    '127.0.0.1',
    0,
  );
  const out: string[] = [];
  try {
    const exitCode = await run(line.split(' '), {
      print: (text) => out.push(text),
      complain: (text) => out.push(text),
      colors: plain,
      env: { PERDURE_ADDRESS: `http://127.0.0.1:${server.port}` },
      abortSignal: new AbortController().signal,
    });
    return { exitCode, out: out.join('\n') };
  } finally {
    server.closeAllConnections();
    await server.close();
  }
}
