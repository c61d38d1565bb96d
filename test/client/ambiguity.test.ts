/** Answers get lost: behind the act, or before it. A client that calls again acts once. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, Connection, isGrpcDeadlineError } from '../../sdk/client/index.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { activities } from '../features/engine.ts';
import * as workflows from '../features/workflows.ts';
import { LossyEngine, losses } from './lossy-engine.ts';

let env: TestWorkflowEnvironment;
let proxy: LossyEngine;
let client: Client;
beforeEach(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
  proxy = new LossyEngine(env);
  client = new Client({ connection: Connection.lazy({ address: proxy }) });
});
afterEach(() => env.teardown());

const within = <T>(test: () => Promise<T>): Promise<T> =>
  env.runUntil({ taskQueue: 'q', workflows, activities }, test);
const options = { taskQueue: 'q', workflowId: 'w' };
const countOf = async (workflowId: string, eventType: string): Promise<number> => {
  const { events } = await env.client.workflow.getHandle(workflowId).fetchHistory();
  return events.filter((event) => event.eventType === `EVENT_TYPE_${eventType}`).length;
};

describe.each(losses)('when %s is lost', (_, lost) => {
  it('a start begins one run, and answers with it', () =>
    within(async () => {
      proxy.lose(...lost);
      const handle = await client.workflow.start('waiter', {
        ...options,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
      expect(proxy.calls.length).toBe(lost.length + 1);
      const { runId } = (await env.client.workflow.getHandle('w').describe()).raw.workflowExecutionInfo
        .execution;
      expect(handle.firstExecutionRunId).toBe(runId);
      expect(await countOf('w', 'WORKFLOW_EXECUTION_STARTED')).toBe(1);
      expect((await env.client.workflow.count()).count).toBe(1);
    }));

  it('a signal is there once', () =>
    within(async () => {
      const handle = await client.workflow.start('account', options);
      proxy.lose(...lost);
      await handle.signal('note', 'x');
      expect(await handle.query('journal')).toEqual(['note x']);
      expect(await countOf('w', 'WORKFLOW_EXECUTION_SIGNALED')).toBe(1);
    }));

  it('a signal-with-start starts once and signals once', () =>
    within(async () => {
      proxy.lose(...lost);
      await client.workflow.signalWithStart('account', { ...options, signal: 'note', signalArgs: ['x'] });
      expect(await countOf('w', 'WORKFLOW_EXECUTION_STARTED')).toBe(1);
      expect(await countOf('w', 'WORKFLOW_EXECUTION_SIGNALED')).toBe(1);
    }));

  it('an update is carried out once, and its result comes', () =>
    within(async () => {
      const handle = await client.workflow.start('account', options);
      proxy.lose(...lost);
      expect(await handle.executeUpdate('deposit', { args: [5] })).toBe(5);
      expect(await handle.query('journal')).toEqual(['deposit 5']);
    }));

  it('a request to cancel is there once', () =>
    within(async () => {
      const handle = await client.workflow.start('account', options);
      proxy.lose(...lost);
      await handle.cancel();
      expect(await countOf('w', 'WORKFLOW_EXECUTION_CANCEL_REQUESTED')).toBe(1);
    }));

  it('a namespace is registered once, and the call succeeds', async () => {
    proxy.lose(...lost);
    await client.workflowService.registerNamespace({ namespace: 'shop' });
    const { namespaces } = await client.workflowService.listNamespaces();
    expect(namespaces.map(({ namespaceInfo }) => namespaceInfo.name)).toEqual(['default', 'shop']);
  });
});

describe('a client that has given up', () => {
  it('finds the one run by describe, or starts it again and gets told that it is there', () =>
    within(async () => {
      proxy.lose(...Array.from({ length: 50 }, () => 'answer' as const));
      const start = () =>
        client.workflow.start('waiter', { ...options, workflowIdReusePolicy: 'REJECT_DUPLICATE' });
      const failed = await client.withDeadline(Date.now() + 300, start).then(
        () => undefined,
        (error: Error) => error,
      );
      expect([failed, failed?.cause].some(isGrpcDeadlineError)).toBe(true);
      proxy.lose();
      const { runId } = await client.workflow.getHandle('w').describe();
      await expect(start()).rejects.toMatchObject({ name: 'WorkflowExecutionAlreadyStartedError' });
      expect((await env.client.workflow.getHandle('w').describe()).runId).toBe(runId);
      expect((await env.client.workflow.count()).count).toBe(1);
    }));
});
