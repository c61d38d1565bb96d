import { describe, expect, it } from 'vitest';
import { QueryNotRegisteredError } from '../../sdk/client/index.ts';
import { errorOf, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

describe('a query', () => {
  it('is answered by a running and by a closed workflow, also after an eviction', () =>
    withEngine(async ({ client, env }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w' };
      const handle = await client.workflow.start(workflows.waiter, options);
      expect(await handle.query(workflows.stateQuery)).toBe('waiting');
      await handle.signal(workflows.finish, 'x');
      await handle.result();
      expect(await handle.query(workflows.stateQuery)).toBe('x');
      env.evictAll();
      expect(await handle.query(workflows.stateQuery)).toBe('x');
      expect(
        await client.workflow.getHandle('w', handle.firstExecutionRunId).query(workflows.stateQuery),
      ).toBe('x');
    }));

  it('sees what an update has done as soon as that is answered', () =>
    withEngine(async ({ client }) => {
      const handle = await client.workflow.start(workflows.account, { taskQueue: QUEUE, workflowId: 'w' });
      for (let n = 1; n <= 5; n++) {
        await handle.executeUpdate(workflows.deposit, { args: [n] });
        expect(await handle.query(workflows.journal)).toHaveLength(n);
      }
    }));

  it('is answered by each run of a chain from its own state', () =>
    withEngine(async ({ client, env }) => {
      const handle = await client.workflow.start(workflows.tour, { taskQueue: QUEUE, workflowId: 'w' });
      await handle.signal(workflows.note, 'x');
      await env.sleep('2 days');
      expect(await handle.query(workflows.stateQuery)).toBe('round 2, 1 entries');
      const first = client.workflow.getHandle('w', handle.firstExecutionRunId);
      expect(await first.query(workflows.stateQuery)).toBe('round 1, 1 entries');
      await handle.terminate();
    }));

  it('can be asked by a copy of a handle, whose methods can be called by themselves', () =>
    withEngine(async ({ client }) => {
      const handle = await client.workflow.start(workflows.account, { taskQueue: QUEUE, workflowId: 'w' });
      const copy = { ...handle, note: 'a program’s own' };
      const { executeUpdate } = copy;
      await executeUpdate(workflows.deposit, { args: [5] });
      expect(await copy.query(workflows.journal)).toHaveLength(1);
      expect([copy.workflowId, copy.firstExecutionRunId]).toEqual(['w', handle.firstExecutionRunId]);
    }));

  it('that is unknown is refused with the names that are known', () =>
    withEngine(async ({ client }) => {
      const handle = await client.workflow.start(workflows.waiter, { taskQueue: QUEUE, workflowId: 'w' });
      const error = await errorOf(handle.query('nothing'));
      expect(error).toBeInstanceOf(QueryNotRegisteredError);
      expect(error.message).toContain('state');
    }));

  it('for the stack and the metadata is answered for every workflow', () =>
    withEngine(async ({ client, env }) => {
      const handle = await client.workflow.start(workflows.account, { taskQueue: QUEUE, workflowId: 'w' });
      await env.sleep(0);
      expect(await handle.query<string>('__stack_trace')).toContain('account');
      // The session that has run tasks keeps no stacks, and goes on.
      await handle.signal(workflows.note, 'x');
      expect(await handle.query<string>('__stack_trace')).toContain('account');
      expect(await handle.query(workflows.journal)).toContain('note x');
      const metadata = await handle.query<{ definition: Record<string, Array<{ name: string }>> }>(
        '__temporal_workflow_metadata',
      );
      const names = (kind: string) => (metadata.definition[kind] ?? []).map(({ name }) => name);
      expect(names('updateDefinitions')).toEqual(expect.arrayContaining(['deposit', 'slowDeposit']));
      expect(names('signalDefinitions')).toEqual(expect.arrayContaining(['note', 'close']));
      expect(names('queryDefinitions')).toContain('journal');
    }));
});

describe('default handlers', () => {
  it('get whatever has no handler of its own', () =>
    withEngine(async ({ client }) => {
      const handle = await client.workflow.start(workflows.catchesAll, { taskQueue: QUEUE, workflowId: 'w' });
      await handle.signal('first', 1);
      expect(await handle.query('what', 'x')).toBe('query what ["x"]');
      expect(await handle.executeUpdate('any', { args: [1, 2] })).toBe('done any');
      await handle.signal('close');
      expect(await handle.result()).toEqual(['signal first [1]', 'update any [1,2]', 'signal close []']);
    }));
});

describe('errors of a client', () => {
  it('say what Temporal’s say, and then why', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w' };
      const handle = await client.workflow.start(workflows.waiter, options);
      const again = await errorOf(client.workflow.start(workflows.waiter, options));
      expect(again.message).toBe('Workflow execution already started');
      expect(again.cause?.message).toContain(`RunId: ${handle.firstExecutionRunId}`);
      const unknown = await errorOf(handle.query('nothing'));
      expect(unknown.message).toMatch(
        /^Workflow did not register a handler for nothing. Registered queries: \[/,
      );
      await handle.terminate('out of stock');
      const terminated = await errorOf(handle.result());
      expect([terminated.message, terminated.cause?.message]).toEqual(['out of stock', 'out of stock']);
    }));

  it('of a run that is delayed say that nothing can be asked yet', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w', startDelay: '1 hour' };
      const handle = await client.workflow.start(workflows.waiter, options);
      const early = await errorOf(handle.query(workflows.stateQuery));
      expect(early.message).toBe('Failed to query Workflow: Workflow task is not scheduled yet.');
      expect(early.cause).toMatchObject({ code: 9 });
    }));
});
