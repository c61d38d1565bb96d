/** Rules of Temporal that no other test of this folder is about. */

import { describe, expect, it } from 'vitest';
import * as wf from '../../sdk/workflow/index.ts';
import { all, Driver, names, resultOf } from './driver.ts';

const { charge } = wf.proxyActivities<{ charge(n: number): Promise<string> }>({
  startToCloseTimeout: '1m',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

describe('a workflow that was asked to cancel', () => {
  it('ends as cancelled too when what it lets through is an activity’s or a child’s failure by cancellation', async () => {
    async function viaActivity(): Promise<string> {
      return charge(1);
    }
    const run = new Driver(viaActivity);
    await run.task();
    run.history.requestCancel();
    expect(names(await run.task())).toEqual(['RequestCancelActivityTask']);
    run.history.cancelActivity('1');
    expect(names(await run.task())).toEqual(['CancelWorkflowExecution']);

    async function viaChild(): Promise<unknown> {
      return wf.executeChild('other', { workflowId: 'kid' });
    }
    const parent = new Driver(viaChild);
    await parent.task();
    parent.history.others.startChild('kid');
    await parent.task();
    parent.history.requestCancel();
    expect(names(await parent.task())).toEqual(['RequestCancelExternalWorkflowExecution']);
    parent.history.others.settleAll();
    parent.history.others.cancelChild('kid');
    expect(names(await parent.task())).toEqual(['CancelWorkflowExecution']);
  });

  it('fails where it makes another failure of it', async () => {
    async function rewraps(): Promise<void> {
      await wf.sleep('1 day').catch((cause) => {
        throw wf.ApplicationFailure.create({ message: 'given up', cause });
      });
    }
    const run = new Driver(rewraps);
    await run.task();
    run.history.requestCancel();
    expect(names(await run.task())).toEqual(['CancelTimer', 'FailWorkflowExecution']);
  });
});

describe('what is thrown and is no Error', () => {
  it.each(['a text', 7, null, undefined, { code: 7 }])(
    'fails the task, not the workflow: %j',
    async (thrown) => {
      async function odd(): Promise<void> {
        throw thrown;
      }
      const { cause } = await new Driver(odd).failingTask();
      expect(cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    },
  );
});

describe('a condition with a timeout of 0', () => {
  async function impatient(): Promise<boolean | void> {
    return wf.condition(() => false, 0);
  }

  it('is a timer that fires at once, behind the patch of Temporal’s SDK', async () => {
    const run = new Driver(impatient);
    const commands = await run.task();
    expect(names(commands)).toEqual(['RecordMarker', 'UpsertWorkflowSearchAttributes', 'StartTimer']);
    expect(JSON.stringify(all(commands, 'RecordMarker'))).toContain(
      btoa('{"id":"__sdk_internal_patch_number:1"').slice(0, 40),
    );
    run.history.fireTimer('1');
    expect(resultOf(await run.task())).toBe(false);
  });
});

describe('an activity’s failure', () => {
  it('keeps its category, its delay and its details on the way through a workflow', async () => {
    async function passesOn(): Promise<void> {
      throw wf.ApplicationFailure.create({
        message: 'as always',
        type: 'Known',
        nonRetryable: true,
        details: [1, 'two'],
        nextRetryDelay: '90s',
        category: 'BENIGN',
      });
    }
    const [failed] = all(await new Driver(passesOn).task(), 'FailWorkflowExecution');
    expect(failed!.failure).toMatchObject({
      message: 'as always',
      source: 'TypeScriptSDK',
      applicationFailureInfo: {
        type: 'Known',
        nonRetryable: true,
        nextRetryDelay: '90s',
        category: 'APPLICATION_ERROR_CATEGORY_BENIGN',
      },
    });
  });
});

describe('the names that belong to the SDK', () => {
  it.each(['__temporal_x', '__stack_trace', '__enhanced_stack_trace'])(
    'cannot be handled: %s',
    async (name) => {
      async function greedy(): Promise<string[]> {
        const tries = [wf.defineSignal(name), wf.defineQuery(name), wf.defineUpdate(name)];
        return tries.map((definition) => {
          try {
            wf.setHandler(definition as ReturnType<typeof wf.defineSignal>, () => undefined);
            return 'taken';
          } catch (error) {
            return (error as Error).constructor.name;
          }
        });
      }
      const outcome = resultOf(await new Driver(greedy).task()) as string[];
      expect(outcome).not.toContain('taken');
    },
  );
});
