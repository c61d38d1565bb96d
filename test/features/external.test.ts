import { describe, expect, it } from 'vitest';
import { errorOf, eventTypes, type Features, QUEUE, withEngine } from './engine.ts';
import * as workflows from './workflows.ts';

const startWaiter = ({ client }: Features) =>
  client.workflow.start(workflows.waiter, { taskQueue: QUEUE, workflowId: 'other' });

describe('another workflow', () => {
  it('is signalled from a workflow, and knows from which', () =>
    withEngine(async (features) => {
      const other = await startWaiter(features);
      const options = { taskQueue: QUEUE, workflowId: 'w', args: ['other', 'hi'] as [string, string] };
      expect(await features.client.workflow.execute(workflows.signalsOther, options)).toBe('signalled');
      expect(await other.result()).toBe('finished hi');
      expect(await eventTypes(features, 'w')).toEqual(
        expect.arrayContaining([
          'SignalExternalWorkflowExecutionInitiated',
          'ExternalWorkflowExecutionSignaled',
        ]),
      );
      const { events } = await other.fetchHistory();
      const signal = events.find((event) => event.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED');
      expect(signal).toMatchObject({
        workflowExecutionSignaledEventAttributes: { externalWorkflowExecution: { workflowId: 'w' } },
      });
    }));

  it('that is not there, is closed, or has another run cannot be signalled', () =>
    withEngine(async (features) => {
      const { client } = features;
      const signal = (workflowId: string, ...target: string[]) =>
        client.workflow.execute(workflows.signalsOther, {
          taskQueue: QUEUE,
          workflowId,
          args: [target[0]!, 'hi', target[1]],
        });
      expect(await signal('w1', 'nobody')).toContain('not found');
      const other = await startWaiter(features);
      expect(await signal('w2', 'other', crypto.randomUUID())).toContain('not found');
      expect(await signal('w3', 'other', other.firstExecutionRunId)).toBe('signalled');
      await other.result();
      expect(await signal('w4', 'other')).toContain('not found');
      expect(await eventTypes(features, 'w4')).toContain('SignalExternalWorkflowExecutionFailed');
    }));

  it('is cancelled from a workflow, which is no error once it is closed, and one where it is not there', () =>
    withEngine(async (features) => {
      const { client } = features;
      const other = await startWaiter(features);
      const cancel = (workflowId: string, target: string) =>
        client.workflow.execute(workflows.cancelsOther, { taskQueue: QUEUE, workflowId, args: [target] });
      expect(await cancel('w1', 'other')).toBe('cancel requested');
      expect((await errorOf(other.result())).cause?.name).toBe('CancelledFailure');
      expect(await cancel('w2', 'other')).toBe('cancel requested');
      expect(await cancel('w3', 'nobody')).toContain('not found');
      for (const asked of ['w1', 'w2'])
        expect(await eventTypes(features, asked)).toContain('ExternalWorkflowExecutionCancelRequested');
      expect(await eventTypes(features, 'w3')).toContain('RequestCancelExternalWorkflowExecutionFailed');
    }));

  it('may be the workflow itself', () =>
    withEngine(async ({ client }) => {
      const options = { taskQueue: QUEUE, workflowId: 'w' };
      expect(await client.workflow.execute(workflows.signalsItself, options)).toBe('from me');
    }));
});
