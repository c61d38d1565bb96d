import { describe, expect, it } from 'vitest';
import type { Workflow } from '../../sdk/common/types.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { activityTypes, all, Driver, names, resultOf } from './driver.ts';

const { tell } = wf.proxyActivities<{ tell(): Promise<void>; told(): Promise<void> }>({
  startToCloseTimeout: '1m',
});

const none: Workflow = async () => void (await tell());
const patchedWith =
  (id: string): Workflow =>
  async () => {
    const on = wf.patched(id);
    await tell();
    return on;
  };
const deprecates: Workflow = async () => {
  wf.deprecatePatch('p');
  await tell();
  return 'deprecated';
};

/** A history whose first task was run by `before` and whose second is run by `after`. */
async function changed(before: Workflow, after: Workflow): Promise<Driver> {
  const run = new Driver(before, { workflowType: 'patched' });
  await run.task();
  run.history.completeActivity('1');
  run.restart(after);
  return run;
}
async function secondTask(before: Workflow, after: Workflow): Promise<unknown> {
  const run = await changed(before, after);
  run.history.scheduleTask();
  run.history.startTask();
  const session = run.open({ workflows: { patched: after } });
  const answer = await session.runWorkflowTask(run.history.events);
  if ('localActivities' in answer) throw new Error('the workflow has no local activities');
  return 'completed' in answer ? resultOf(answer.completed.commands) : answer.failed.cause;
}

describe('the outcomes of a patch', () => {
  it('new run, patched: true, with a marker and the search attribute that lists it', async () => {
    const commands = await new Driver(patchedWith('p'), { workflowType: 'patched' }).task();
    expect(names(commands)).toEqual([
      'RecordMarker',
      'UpsertWorkflowSearchAttributes',
      'ScheduleActivityTask',
    ]);
    const [marker] = all(commands, 'RecordMarker');
    expect(marker!.markerName).toBe('core_patch');
    expect(atob(marker!.details!['patch-data']!.payloads[0]!.data!)).toBe('{"id":"p","deprecated":false}');
    const attribute = all(commands, 'UpsertWorkflowSearchAttributes')[0]!.searchAttributes.indexedFields!;
    expect(atob(attribute.TemporalChangeVersion!.data!)).toBe('["p"]');
    expect(atob(attribute.TemporalChangeVersion!.metadata!.type!)).toBe('KeywordList');
  });

  it('new run, deprecated: a marker that says so', async () => {
    const [marker] = all(await new Driver(deprecates, { workflowType: 'patched' }).task(), 'RecordMarker');
    expect(atob(marker!.details!['patch-data']!.payloads[0]!.data!)).toBe('{"id":"p","deprecated":true}');
  });

  it('marker in history, patched: true', async () => {
    expect(await secondTask(patchedWith('p'), patchedWith('p'))).toBe(true);
  });

  it('no marker in history, patched: false', async () => {
    expect(await secondTask(none, patchedWith('p'))).toBe(false);
  });

  it('marker in history, deprecated: allowed', async () => {
    expect(await secondTask(patchedWith('p'), deprecates)).toBe('deprecated');
  });

  it('deprecated marker in history, patched: true', async () => {
    expect(await secondTask(deprecates, patchedWith('p'))).toBe(true);
  });

  it('deprecated marker in history, deprecated: allowed', async () => {
    expect(await secondTask(deprecates, deprecates)).toBe('deprecated');
  });

  it('no marker in history, deprecated: allowed', async () => {
    expect(await secondTask(none, deprecates)).toBe('deprecated');
  });

  it('deprecated marker in history, no call in the code: the marker is passed over', async () => {
    expect(await secondTask(deprecates, none)).toBeUndefined();
  });

  it('marker in history, no call in the code: the workflow task fails', async () => {
    expect(await secondTask(patchedWith('p'), none)).toBe('NON_DETERMINISTIC_ERROR');
  });

  it('marker of another patch in history: the workflow task fails', async () => {
    expect(await secondTask(patchedWith('p'), patchedWith('q'))).toBe('NON_DETERMINISTIC_ERROR');
  });
});

describe('patches in a long run', () => {
  it('are off where the run passed before the change, and on from where it meets the call anew', async () => {
    const before: Workflow = async () => {
      for (;;) await tell();
    };
    const after: Workflow = async () => {
      for (;;) {
        if (wf.patched('loop')) await wf.scheduleActivity('told', [], { startToCloseTimeout: 1 });
        else await tell();
      }
    };
    const run = new Driver(before, { workflowType: 'looping' });
    await run.task();
    run.history.completeActivity('1');
    await run.task();
    run.history.completeActivity('2');
    run.restart(after);
    run.history.scheduleTask();
    run.history.startTask();
    const answer = await run.open({ workflows: { looping: after } }).runWorkflowTask(run.history.events);
    expect('completed' in answer && activityTypes(answer.completed.commands)).toEqual(['told']);
  });

  it('are recorded once, and the search attribute lists all of them in order', async () => {
    const several: Workflow = async () => {
      const first = [wf.patched('b'), wf.patched('a'), wf.patched('b')];
      await tell();
      return [...first, wf.patched('a'), wf.patched('c')];
    };
    const run = new Driver(several, { workflowType: 'several' });
    const lists = (commands: Awaited<ReturnType<Driver['task']>>): string[] =>
      all(commands, 'UpsertWorkflowSearchAttributes').map((a) =>
        atob(a.searchAttributes.indexedFields!.TemporalChangeVersion!.data!),
      );
    expect(lists(await run.task())).toEqual(['["b"]', '["a","b"]']);
    run.history.completeActivity('1');
    run.restart();
    const commands = await run.task();
    expect(lists(commands)).toEqual(['["a","b","c"]']);
    expect(resultOf(commands)).toEqual([true, true, true, true, true]);
  });

  it('cannot be asked for by the top level of a module', async () => {
    const early: Workflow = Object.assign(async () => undefined, {
      [Symbol.for('perdure.workflowFactory')]: () => ({ early: wf.patched('p') }),
    });
    expect((await new Driver(early, { workflowType: 'early' }).failingTask()).failure.message).toMatch(
      /while the module is loaded/,
    );
  });
});

describe('patchActivationCallback', () => {
  const asked: wf.WorkflowInfo[] = [];
  const answering = (answer: unknown) => ({
    workflowType: 'patched',
    patchActivationCallback: ({
      workflowInfo,
      patchId,
    }: {
      workflowInfo: wf.WorkflowInfo;
      patchId: string;
    }) => {
      expect(wf.inWorkflowContext()).toBe(false);
      expect(patchId).toBe('p');
      asked.push(workflowInfo);
      return answer as boolean;
    },
  });
  const twice: Workflow = async () => {
    const first = wf.patched('p');
    await tell();
    return [first, wf.patched('p')];
  };

  it('may leave a patch off, for the whole of a run, and then nothing is recorded', async () => {
    asked.length = 0;
    const run = new Driver(twice, answering(false));
    expect(names(await run.task())).toEqual(['ScheduleActivityTask']);
    run.history.completeActivity('1');
    expect(resultOf(await run.task())).toEqual([false, false]);
    expect(asked[0]).toMatchObject({ workflowType: 'patched' });
  });

  it('is asked once in a run, and not for a patch that history has', async () => {
    asked.length = 0;
    const run = new Driver(twice, answering(true));
    expect(names(await run.task())).toContain('RecordMarker');
    // Once more by the replay that the driver compares the task with.
    expect(asked.length).toBe(2);
    run.history.completeActivity('1');
    run.restart();
    expect(resultOf(await run.task())).toEqual([true, true]);
    expect(asked.length).toBe(2);
  });

  it('is not asked for a deprecated patch', async () => {
    asked.length = 0;
    await new Driver(deprecates, answering(false)).task();
    expect(asked).toEqual([]);
  });

  it('fails the task when it does not answer yes or no', async () => {
    const { failure } = await new Driver(twice, answering(undefined)).failingTask();
    expect(failure.message).toContain('patchActivationCallback answered undefined');
  });
});
