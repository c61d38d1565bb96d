import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import { done, Rig } from './rig.ts';

const complete = makeCommand('CompleteWorkflowExecution', {});

/** What was committed when local activities began. */
async function pausing(options: Partial<Rig> = {}): Promise<{ rig: Rig; began: string[] }> {
  const rig = Object.assign(new Rig(), options);
  const began: string[] = [];
  rig.load();
  await rig.start();
  await rig.settled();
  rig.work = async () => ({ localActivities: true });
  rig.proceed = async () => {
    began.push(JSON.stringify(rig.watched.commits.map(({ rows }) => rows)));
    return done(complete);
  };
  return { rig, began };
}

describe('a workflow task that pauses for local activities', () => {
  it('goes on when the commit has its start, with a warm session', async () => {
    const { rig, began } = await pausing();
    const before = JSON.stringify(rig.watched.commits.map(({ rows }) => rows));
    await rig.signal('a');
    await rig.settled();
    expect(began).toHaveLength(1);
    const since = began[0]!.slice(before.length - 1);
    expect(since).toContain('WORKFLOW_EXECUTION_SIGNALED');
    expect(since).toContain('WorkflowTaskAttemptStarted');
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    expect(rig.sessions).toHaveLength(1);
  });

  it('goes on when the commit has its start, with a new session', async () => {
    const { rig, began } = await pausing();
    rig.load();
    await rig.signal('a');
    await rig.settled();
    expect(began).toHaveLength(1);
    expect(began[0]).toContain('WORKFLOW_EXECUTION_SIGNALED');
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
  });

  it('does not go on when the commit fails', async () => {
    const { rig, began } = await pausing();
    rig.watched.fail = 'before';
    await expect(rig.signal('a')).rejects.toThrow();
    await rig.settled();
    expect(began).toEqual([]);
  });

  it('is given to a Worker again when the session is lost meanwhile', async () => {
    const { rig } = await pausing();
    let lost = 0;
    rig.proceed = async () => {
      if (lost++ === 0) throw new Error('the connection was lost');
      return done(complete);
    };
    await rig.signal('a');
    await rig.advance(60_000);
    expect(lost).toBe(2);
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
  });
});

describe('a heartbeat of local activities', () => {
  const beat = { completed: { commands: [], forceCreateNewWorkflowTask: true } };

  for (const keepsSessions of [true, false]) {
    it(`starts the next task in the commit of the last one, ${keepsSessions ? 'in the same session' : 'without sessions'}`, async () => {
      const { rig } = await pausing({ keepsSessions });
      let beats = 0;
      rig.proceed = async () => (beats++ < 3 ? beat : done(complete));
      await rig.signal('a');
      await rig.settled();
      const task = ['WORKFLOW_TASK_SCHEDULED', 'WORKFLOW_TASK_STARTED', 'WORKFLOW_TASK_COMPLETED'];
      expect(rig.types().slice(-13)).toEqual([
        ...task,
        ...task,
        ...task,
        ...task,
        'WORKFLOW_EXECUTION_COMPLETED',
      ]);
      expect(rig.sessions).toHaveLength(keepsSessions ? 1 : 5);
    });
  }

  it('whose task is lost with the object is followed by a task with a new session', async () => {
    const { rig } = await pausing();
    let lives = 0;
    rig.proceed = async () => (lives === 0 ? beat : done(complete));
    let beats = 0;
    rig.work = async () => {
      if (++beats === 3) await new Promise(() => undefined);
      return { localActivities: true };
    };
    await rig.signal('a');
    await rig.settled();
    expect(beats).toBe(3);
    lives++;
    rig.load();
    await rig.object.alarm();
    await rig.advance(1_000);
    expect(rig.sessions).toHaveLength(2);
    expect(rig.types().at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    expect(rig.types()).not.toContain('WORKFLOW_TASK_TIMED_OUT');
  });
});
