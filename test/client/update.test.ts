import { describe, expect, it } from 'vitest';
import {
  ApplicationFailure,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '../../sdk/client/index.ts';
import { engineOf, payloads, refusal, settle, silence, unreachable, useVirtualTime } from './fake-engine.ts';

const updateRef = { workflowExecution: { workflowId: 'w', runId: 'run-2' }, updateId: 'u' };
const reply = (stage: string, outcome?: object): object => ({
  updateRef,
  stage: `UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_${stage}`,
  ...(outcome && { outcome }),
});
const succeeded = (value: unknown): object => reply('COMPLETED', { success: payloads(value) });
const failure = { message: 'no', applicationFailureInfo: { type: 'T' } };
const failed = reply('COMPLETED', { failure });

useVirtualTime();

describe('executing an update', () => {
  it('sends name, arguments and id, and gives what the handler returned', async () => {
    const { engine, client } = engineOf(succeeded('yes'));
    const handle = client.workflow.getHandle('w', 'run-2');
    await expect(handle.executeUpdate('a/b', { args: [1, 'x'], updateId: 'u' })).resolves.toBe('yes');
    expect(engine.calls[0]!.path).toBe('/api/v1/namespaces/default/workflows/w/update/a%2Fb');
    expect(engine.calls[0]!.body).toMatchObject({
      workflowExecution: { workflowId: 'w', runId: 'run-2' },
      waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED' },
      request: {
        meta: { updateId: 'u', identity: 'me' },
        input: { name: 'a/b', args: { payloads: [{ data: btoa('1') }, { data: btoa('"x"') }] } },
      },
    });
  });

  it('sends it again until the workflow takes it, then asks until there is an outcome: one update id all the way', async () => {
    const answers = [reply('ADMITTED'), unreachable(), reply('ACCEPTED'), reply('ACCEPTED'), unreachable()];
    const { engine, client } = engineOf(...answers, succeeded(7));
    await expect(settle(client.workflow.getHandle('w').executeUpdate('add'))).resolves.toBe(7);
    const [first, ...others] = engine.calls;
    const { updateId } = (first!.body.request as { meta: { updateId: string } }).meta;
    for (const call of others.slice(0, 2)) expect(call.body).toEqual(first!.body);
    for (const call of others.slice(2)) {
      expect(call.path).toBe('/api/v1/namespaces/default/workflows/w/update-result/u');
      expect(call.query.get('updateRef.workflowExecution.runId')).toBe('run-2');
    }
    expect([updateId.length > 8, engine.calls.length]).toEqual([true, 6]);
  });

  it('that is refused or fails gives a WorkflowUpdateFailedError with its cause', async () => {
    const { client } = engineOf(failed);
    const update = client.workflow.getHandle('w').executeUpdate('add');
    const error: unknown = await update.catch((e) => e);
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    const { cause } = error as WorkflowUpdateFailedError;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({ type: 'T' });
  });

  it('of a closed workflow is a WorkflowNotFoundError', async () => {
    const { client } = engineOf(refusal(404, 5, 'workflow execution already completed'));
    const update = client.workflow.getHandle('w').executeUpdate('add');
    await expect(update).rejects.toThrow(WorkflowNotFoundError);
  });

  it('ended by a deadline or an abort says that the update may go on', async () => {
    const { client } = engineOf(silence);
    const late = client.withDeadline(Date.now() + 5_000, () =>
      client.workflow.getHandle('w').executeUpdate('add'),
    );
    await expect(settle(late)).rejects.toThrow(WorkflowUpdateRPCTimeoutOrCancelledError);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 1_000);
    const waiting = client.withAbortSignal(abort.signal, () =>
      client.workflow.getHandle('w').getUpdateHandle('u').result(),
    );
    await expect(settle(waiting)).rejects.toThrow(WorkflowUpdateRPCTimeoutOrCancelledError);
  });
});

describe('starting an update', () => {
  it('gives a handle to the run that took it, whose result is asked for once it is wanted', async () => {
    const { engine, client } = engineOf(reply('ACCEPTED'), succeeded([1]));
    const update = await client.workflow
      .getHandle('w')
      .startUpdate<number[], []>('add', { waitForStage: 'ACCEPTED' });
    expect(update).toMatchObject({ updateId: 'u', workflowId: 'w', workflowRunId: 'run-2' });
    expect(engine.calls).toHaveLength(1);
    await expect(update.result()).resolves.toEqual([1]);
  });

  it('needs the stage to wait for', async () => {
    const { engine, client } = engineOf(succeeded(1));
    const options = { waitForStage: 'ADMITTED' } as unknown as { waitForStage: 'ACCEPTED' };
    await expect(client.workflow.getHandle('w').startUpdate('add', options)).rejects.toThrow('waitForStage');
    expect(engine.calls).toHaveLength(0);
  });

  it('through a handle that started the workflow reaches that chain only', async () => {
    const { engine, client } = engineOf({ runId: 'run-1', started: true, status: '' }, succeeded(1));
    const handle = await client.workflow.start('t', { taskQueue: 'q', workflowId: 'w' });
    await handle.executeUpdate('add');
    expect(engine.calls[1]!.body).toMatchObject({
      workflowExecution: { workflowId: 'w' },
      firstExecutionRunId: 'run-1',
    });
  });
});

describe('update with start', () => {
  const operation = () =>
    new WithStartWorkflowOperation('t', {
      taskQueue: 'q',
      workflowId: 'w',
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [1],
    });
  const startWorkflow = { runId: 'run-2', started: true, status: '' };

  it('is one call, sent again with the same ids until the update is taken', async () => {
    const admitted = { startWorkflow, updateWorkflow: reply('ADMITTED') };
    const { engine, client } = engineOf(admitted, { startWorkflow, updateWorkflow: succeeded('hi') });
    const startWorkflowOperation = operation();
    const options = { args: [2], startWorkflowOperation };
    await expect(settle(client.workflow.executeUpdateWithStart('add', options))).resolves.toBe('hi');
    const [first, second] = engine.calls;
    expect(first!.path).toBe('/api/v1/namespaces/default/workflows/w/update-with-start/add');
    expect(first!.body).toMatchObject({
      startWorkflow: {
        workflowId: 'w',
        workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING',
        input: { payloads: [{ data: btoa('1') }] },
      },
      updateWorkflow: { request: { input: { name: 'add', args: { payloads: [{ data: btoa('2') }] } } } },
    });
    expect(second!.body).toEqual(first!.body);
    const handle = await startWorkflowOperation.workflowHandle();
    expect(handle.workflowId).toBe('w');
  });

  it('gives the handle of the workflow also when the update is refused', async () => {
    const { client } = engineOf({ startWorkflow, updateWorkflow: failed });
    const startWorkflowOperation = operation();
    const update = client.workflow.executeUpdateWithStart('add', { startWorkflowOperation });
    await expect(update).rejects.toThrow(WorkflowUpdateFailedError);
    await expect(startWorkflowOperation.workflowHandle()).resolves.toMatchObject({ workflowId: 'w' });
  });

  it('that is refused for what it asks rejects both with what the service said', async () => {
    const { client } = engineOf(refusal(400, 3, 'cronSchedule: expected five fields'));
    const startWorkflowOperation = operation();
    const refused = { code: 3, details: 'cronSchedule: expected five fields' };
    await expect(
      client.workflow.executeUpdateWithStart('add', { startWorkflowOperation }),
    ).rejects.toMatchObject(refused);
    await expect(startWorkflowOperation.workflowHandle()).rejects.toMatchObject(refused);
  });

  it('that cannot start rejects the call and the handle alike', async () => {
    const { client } = engineOf(refusal(409, 6, 'w is running'));
    const startWorkflowOperation = operation();
    const update = client.workflow.startUpdateWithStart('add', {
      startWorkflowOperation,
      waitForStage: 'ACCEPTED',
    });
    await expect(update).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
    await expect(startWorkflowOperation.workflowHandle()).rejects.toThrow(
      WorkflowExecutionAlreadyStartedError,
    );
  });

  it('takes an operation once, and only with a conflict policy', async () => {
    const { engine, client } = engineOf({ startWorkflow, updateWorkflow: succeeded(1) });
    const startWorkflowOperation = operation();
    await client.workflow.executeUpdateWithStart('add', { startWorkflowOperation });
    const again = client.workflow.executeUpdateWithStart('add', { startWorkflowOperation });
    await expect(again).rejects.toThrow('already been executed');
    const options = { taskQueue: 'q', workflowId: 'w' } as ConstructorParameters<
      typeof WithStartWorkflowOperation
    >[1];
    const vague = new WithStartWorkflowOperation('t', options);
    const unclear = client.workflow.executeUpdateWithStart('add', { startWorkflowOperation: vague });
    await expect(unclear).rejects.toThrow('workflowIdConflictPolicy');
    await expect(vague.workflowHandle()).rejects.toThrow('workflowIdConflictPolicy');
    expect(engine.calls).toHaveLength(1);
  });
});
