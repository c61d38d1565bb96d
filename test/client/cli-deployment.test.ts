import { describe, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { listen } from '../../sdk/worker/http-server.ts';
import * as workflows from '../features/versioned-workflows.ts';

/** The command line against the real API over memory, with two builds of which none is current. */
async function withEngine(
  test: (
    perdure: (line: string) => Promise<{ exitCode: number; out: string; err: string }>,
    env: TestWorkflowEnvironment,
  ) => Promise<void>,
): Promise<void> {
  const env = await TestWorkflowEnvironment.createLocal();
  const server = await listen(
    (request) => env.nativeConnection.inProcess!.fetch(request.url, request),
    () => new Response(null, { status: 404 }),
    '127.0.0.1',
    0,
  );
  const serve = (buildId: string) =>
    env.serve({
      taskQueue: 'q',
      workflows,
      activities: { buildOfActivity: async () => buildId },
      workerDeploymentOptions: {
        version: { deploymentName: 'orders', buildId },
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'PINNED',
      },
    });
  const stops = [serve('one'), serve('two')];
  try {
    await test(async (line) => {
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
    }, env);
  } finally {
    for (const stop of stops) stop();
    server.closeAllConnections();
    await server.close();
    await env.teardown();
  }
}

const orders = '--deployment-name orders';

describe('worker deployment', () => {
  it('shows deployments and versions, and changes which version is current and which ramps', () =>
    withEngine(async (perdure) => {
      expect((await perdure('worker deployment list')).out).toMatch(
        /orders +\(Workers without a version\) +-/,
      );
      expect((await perdure(`worker deployment set-current-version ${orders} --build-id one`)).out).toBe(
        'Current: one.',
      );
      const ramp = await perdure(
        `worker deployment set-ramping-version ${orders} --build-id two --percentage 25`,
      );
      expect(ramp.out).toBe('Ramping: 25 % to two.');
      const { out } = await perdure('worker deployment describe --name orders');
      expect(out).toContain('Current     one\nRamping     two (25 %)');
      expect(out).toMatch(/one +current/);
      expect(out).toMatch(/two +ramping/);
      await perdure(`worker deployment set-ramping-version ${orders} --delete`);
      const { out: after } = await perdure('worker deployment list');
      expect(after).toMatch(/orders +one +-/);
      const unversioned = await perdure(`worker deployment set-current-version ${orders} --unversioned`);
      expect(unversioned.out).toBe('Current: Workers without a version. Before: one.');
    }));

  it('says how many open workflows need a version, and refuses to forget it while they do', () =>
    withEngine(async (perdure, { client }) => {
      await perdure(`worker deployment set-current-version ${orders} --build-id one`);
      const handle = await client.workflow.start('pinned', { taskQueue: 'q', workflowId: 'p', args: [1] });
      await handle.query('__stack_trace');
      const { out } = await perdure(`worker deployment describe-version ${orders} --build-id one`);
      expect(out).toMatch(/Status +current/);
      expect(out).toMatch(/Task queues +q \(workflow\), q \(activity\)/);
      expect(out).toMatch(/Open, pinned to it +1/);
      expect(out).toMatch(/Safe to remove +no: it is current/);
      expect((await perdure(`worker deployment describe-version ${orders} --build-id two`)).out).toMatch(
        /Safe to remove +yes/,
      );
      await perdure(`worker deployment set-current-version ${orders} --build-id two`);
      const refused = await perdure(`worker deployment delete-version ${orders} --build-id one`);
      expect(refused.exitCode).toBe(1);
      expect(refused.err).toContain('1 open workflow is pinned to it');
      const forced = await perdure(
        `worker deployment delete-version ${orders} --build-id one --skip-drainage`,
      );
      expect(forced.out).toBe('Deleted orders:one.');
      await handle.terminate();
    }));

  it('moves an open workflow to another version, and lets it go again', () =>
    withEngine(async (perdure, { client }) => {
      await perdure(`worker deployment set-current-version ${orders} --build-id one`);
      const handle = await client.workflow.start('pinned', { taskQueue: 'q', workflowId: 'p', args: [1] });
      await handle.query('__stack_trace');
      const pin = 'workflow update-options -w p --versioning-override-behavior pinned';
      expect((await perdure(pin)).err).toContain('--versioning-override-build-id');
      const to = '--versioning-override-deployment-name orders --versioning-override-build-id two';
      expect(await perdure(`${pin} ${to}`)).toMatchObject({ exitCode: 0, out: 'Updated.' });
      await handle.signal('next');
      expect(await handle.result()).toEqual(['one', 'one', 'two', 'two']);
      const late = await perdure('workflow update-options -w p --versioning-override-behavior unspecified');
      expect(late.exitCode).toBe(1);
      expect(late.err).toContain('already completed');
    }));

  it('asks for what it needs, and says what is not there', () =>
    withEngine(async (perdure) => {
      const neither = await perdure(`worker deployment set-current-version ${orders}`);
      expect(neither.err).toContain('--build-id <id>, or --unversioned');
      const unknown = await perdure(`worker deployment set-current-version ${orders} --build-id three`);
      expect(unknown.err).toContain('orders:three');
      const noPercentage = await perdure(`worker deployment set-ramping-version ${orders} --build-id two`);
      expect(noPercentage.err).toContain('--percentage');
    }));
});
