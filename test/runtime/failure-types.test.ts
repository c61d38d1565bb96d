import { describe, expect, it } from 'vitest';
import type { Workflow } from '../../sdk/common/types.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { all, Driver, names } from './driver.ts';

class Unlucky extends Error {}
class VeryUnlucky extends Unlucky {}

const failing = (error: unknown): Workflow =>
  async function unlucky() {
    throw error;
  };
const commandsOf = async (error: unknown, workflowFailureErrorTypes: Record<string, string[]>) =>
  names(await new Driver(failing(error), { workflowType: 'unlucky', workflowFailureErrorTypes }).task());

describe('workflowFailureErrorTypes', () => {
  it('lets errors of the named classes, and of those that extend them, fail the workflow', async () => {
    const types = { unlucky: ['Unlucky'] };
    expect(await commandsOf(new Unlucky(), types)).toEqual(['FailWorkflowExecution']);
    expect(await commandsOf(new VeryUnlucky(), types)).toEqual(['FailWorkflowExecution']);
    await expect(commandsOf(new TypeError('bug'), types)).rejects.toThrow('UNHANDLED_FAILURE: bug');
  });

  it('goes by workflow type, and * is for all', async () => {
    expect(await commandsOf(new Unlucky(), { '*': ['Unlucky'] })).toEqual(['FailWorkflowExecution']);
    await expect(commandsOf(new Unlucky('no'), { other: ['Unlucky'] })).rejects.toThrow(
      'UNHANDLED_FAILURE: no',
    );
  });

  it('with Error means everything, what is no error too', async () => {
    expect(await commandsOf('text', { '*': ['Error'] })).toEqual(['FailWorkflowExecution']);
  });

  it('adds to the classes that the workflow names itself', async () => {
    const workflow = failing(new TypeError('bug'));
    wf.setWorkflowOptions({ failureExceptionTypes: [TypeError] }, workflow as () => Promise<unknown>);
    const run = new Driver(workflow, { workflowFailureErrorTypes: { '*': ['Unlucky'] } });
    expect(names(await run.task())).toEqual(['FailWorkflowExecution']);
  });

  /** A run whose code was changed behind its first task. */
  async function changed(workflowFailureErrorTypes: Record<string, string[]>): Promise<Driver> {
    let code: Workflow = async () => void (await wf.sleep('1 hour'));
    const run = new Driver(() => code(), { workflowType: 'changed', workflowFailureErrorTypes });
    await run.task();
    run.history.fireTimer('1');
    code = async () => void (await wf.proxyActivities({ startToCloseTimeout: 1_000 }).tell!());
    run.restart();
    return run;
  }

  it.each(['NondeterminismError', 'DeterminismViolationError', 'Error'])(
    'with %s fails a workflow whose code does not fit its history',
    async (name) => {
      const commands = await (await changed({ changed: [name] })).task();
      const [failed] = all(commands, 'FailWorkflowExecution');
      expect(failed!.failure!.message).toContain('EVENT_TYPE_TIMER_STARTED');
    },
  );

  it('leaves such a workflow waiting for fixed code where nobody asked for that', async () => {
    for (const types of [{ changed: ['Unlucky'] }, { other: ['Error'] }] as Record<string, string[]>[]) {
      expect((await (await changed(types)).failingTask()).cause).toBe('NON_DETERMINISTIC_ERROR');
    }
  });
});
