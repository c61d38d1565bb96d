import { describe, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { listen } from '../../sdk/worker/http-server.ts';
import * as workflows from '../histories/workflows-reset.ts';

type Perdure = (line: string) => Promise<{ exitCode: number; out: string; err: string }>;

/** The command line against the real API over memory. The activity fails until it may work. */
async function withEngine(
  test: (perdure: Perdure, env: TestWorkflowEnvironment, mayWork: () => void) => Promise<void>,
): Promise<void> {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const server = await listen(
    (request) => env.nativeConnection.inProcess!.fetch(request.url, request),
    () => new Response(null, { status: 404 }),
    '127.0.0.1',
    0,
  );
  let works = false;
  const double = async (n: number): Promise<number> => {
    if (!works) throw new Error('not yet');
    return 2 * n;
  };
  const perdure: Perdure = async (line) => {
    const out: string[] = [];
    const err: string[] = [];
    const exitCode = await run(line.split(' '), {
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      colors: plain,
      env: { PERDURE_ADDRESS: `http://127.0.0.1:${server.port}` },
      abortSignal: new AbortController().signal,
    });
    return { exitCode, out: out.join('\n'), err: err.join('\n') };
  };
  const mayWork = (): void => {
    works = true;
  };
  try {
    await env.runUntil({ taskQueue: 'q', workflows, activities: { double } }, () =>
      test(perdure, env, mayWork),
    );
  } finally {
    server.closeAllConnections();
    await server.close();
    await env.teardown();
  }
}

describe('what operators do with a workflow', () => {
  it('pause, retry, unpause, reset', () =>
    withEngine(async (perdure, env, mayWork) => {
      const handle = await env.client.workflow.start(workflows.steps, { taskQueue: 'q', workflowId: 'w' });
      await env.sleep(0);
      const options = 'activity update-options -w w --activity-type double';
      expect(
        (await perdure(`${options} --retry-initial-interval 3600s --heartbeat-timeout 9s`)).out,
      ).toContain('"heartbeatTimeout": "9s"');
      expect((await perdure('activity pause -w w --activity-type double --reason wait')).out).toMatch(
        /^Paused/,
      );
      expect((await perdure('workflow describe -w w')).out).toMatch(/is paused by .*: wait/);
      expect((await perdure('activity unpause -w w --all --reset-attempts')).exitCode).toBe(0);
      expect((await perdure('workflow pause -w w --reason wait')).out).toBe('The workflow is paused.');
      expect((await perdure('workflow pause -w w')).err).toContain('already paused');
      expect((await perdure('workflow unpause -w w')).exitCode).toBe(0);
      mayWork();
      expect((await perdure('activity reset -w w --activity-type double')).exitCode).toBe(0);
      await handle.signal('go', 'on');
      await handle.signal('go', 'end');
      expect((await handle.result()).toSorted()).toEqual(['2', '4', 'end', 'on']);
      const reset = await perdure('workflow reset -w w --type FirstWorkflowTask --reason again');
      expect(reset.out).toMatch(/^The workflow goes on as run /);
      expect(await env.client.workflow.getHandle('w').result()).toContain('end');
    }));

  it('say what is missing', () =>
    withEngine(async (perdure) => {
      expect((await perdure('workflow reset -w w --reason x')).err).toContain('--event-id');
      expect((await perdure('workflow reset -w w --reason x --type BuildId')).err).toContain('--build-id');
      expect(
        (await perdure('workflow reset -w w --reason x --event-id 4 --reapply-exclude Bad')).err,
      ).toContain('not Bad');
      expect((await perdure('activity pause -w w --activity-id 1')).exitCode).toBe(1);
    }));
});

describe('workflow delete', () => {
  it('removes one workflow, or all that match, from lists and from the engine', () =>
    withEngine(async (perdure, env, mayWork) => {
      mayWork();
      const { workflow } = env.client;
      const start = (workflowId: string) => workflow.start(workflows.steps, { taskQueue: 'q', workflowId });
      for (const id of ['a', 'b', 'c']) await start(id);
      await env.sleep(0);
      expect(await perdure('workflow delete -w a')).toMatchObject({
        exitCode: 0,
        out: 'The run is deleted.',
      });
      await env.sleep(0);
      expect((await perdure('workflow describe -w a')).exitCode).not.toBe(0);
      expect((await workflow.count('')).count).toBe(2);
      const twice = await perdure('workflow delete -w a');
      expect([twice.exitCode === 0, twice.err]).toEqual([false, expect.stringContaining('not found')]);
      expect((await perdure(`workflow delete --yes --query WorkflowId="b"`)).out).toContain(
        'Started batch job',
      );
      await env.sleep(0);
      expect((await workflow.count('')).count).toBe(1);
      expect((await perdure('workflow list')).out).toContain('c');
    }));
});
