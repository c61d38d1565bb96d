import { describe, expect, it } from 'vitest';
import type { Workflow } from '../../sdk/common/types.ts';
import * as wf from '../../sdk/workflow/index.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { Driver, resultOf, silent } from './driver.ts';

const { charge, refund } = wf.proxyActivities<{
  charge(n: number): Promise<string>;
  refund(n: number): Promise<string>;
}>({
  startToCloseTimeout: '1m',
});

async function original(): Promise<string> {
  const receipt = await charge(1);
  await wf.sleep('1h');
  return receipt;
}

/** A history of `original` that ends with a started task. */
async function historyOfOriginal(): Promise<Driver> {
  const run = new Driver(original, { workflowType: 'changing' });
  await run.task();
  run.history.completeActivity('1', 'paid');
  await run.task();
  run.history.fireTimer('1');
  return run;
}

async function failureOf(changed: Workflow): Promise<{ cause: string; message: string | undefined }> {
  const run = await historyOfOriginal();
  run.restart(changed);
  const { cause, failure } = await run.failingTask();
  return { cause, message: failure.message };
}

describe('code that does not fit its history', () => {
  it('fails the task and names the event and the command that came instead', async () => {
    const { cause, message } = await failureOf(async () => {
      await refund(1);
    });
    expect(cause).toBe('NON_DETERMINISTIC_ERROR');
    expect(message).toBe(
      '[TMPRL1100] Nondeterminism error: event 5 is EVENT_TYPE_ACTIVITY_TASK_SCHEDULED (activityId 1, activityType charge), ' +
        'but the workflow issued COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK (activityId 1, activityType refund)',
    );
  });

  it('is found when the kinds of commands differ', async () => {
    const { message } = await failureOf(async () => {
      await wf.sleep(1);
    });
    expect(message).toMatch(
      /event 5 is EVENT_TYPE_ACTIVITY_TASK_SCHEDULED .* issued COMMAND_TYPE_START_TIMER \(timerId 1\)/,
    );
  });

  it('is found when the code issues nothing where history has an event', async () => {
    const { message } = await failureOf(async () => {
      await wf.condition(() => false);
    });
    expect(message).toMatch(/event 5 is .*, but the workflow issued no command for it$/);
  });

  it('is found when the code issues more than the task recorded', async () => {
    const { message } = await failureOf(async () => {
      await Promise.all([charge(1), refund(2)]);
    });
    expect(message).toMatch(
      /issued COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK \(activityId 2, activityType refund\), but the workflow task that event 4 completed/,
    );
  });

  it('is found when a timer got another number', async () => {
    const { message } = await failureOf(async () => {
      const handle = setTimeout(() => undefined, 1);
      clearTimeout(handle);
      clearTimeout(handle);
      return original();
    });
    expect(message).toMatch(/event 11 is EVENT_TYPE_TIMER_STARTED \(timerId 1\), but .* \(timerId 3\)/);
  });

  it('is found at the end: a workflow that would not have completed', async () => {
    const run = await historyOfOriginal();
    await run.task();
    run.restart(async () => {
      await original();
      await wf.sleep(1);
    });
    await expect(run.query('__stack_trace')).rejects.toThrow(
      /WORKFLOW_EXECUTION_COMPLETED, but .*START_TIMER/,
    );
  });

  it('leaves the run open: fixed code goes on from where it stood', async () => {
    const run = await historyOfOriginal();
    run.restart(async () => {
      await refund(1);
    });
    await run.failingTask();
    run.restart(original);
    expect(resultOf(await run.task())).toBe('paid');
  });
});

describe('replaying a whole history', () => {
  it('says yes to code that fits, closed or open', async () => {
    const run = await historyOfOriginal();
    expect(await replayHistory(run.history.events, { changing: original })).toEqual({
      ok: true,
      openTask: [],
    });
    await run.task();
    expect(await replayHistory({ events: run.history.events }, { changing: original })).toEqual({
      ok: true,
      openTask: [],
    });
  });

  it('names the first event that diverges', async () => {
    const run = await historyOfOriginal();
    await run.task();
    const changed = async (): Promise<void> => {
      await charge(1);
      await charge(2);
    };
    const { ok, divergence } = await replayHistory(
      run.history.events,
      { changing: changed },
      { logger: silent },
    );
    expect(ok).toBe(false);
    expect(divergence).toMatchObject({ eventId: '11', eventType: 'EVENT_TYPE_TIMER_STARTED' });
  });

  it('gives the commands of a task that is open at the end, of which nothing can be said', async () => {
    const run = await historyOfOriginal();
    run.history.scheduleTask();
    run.history.startTask();
    const { ok, openTask } = await replayHistory(run.history.events, { changing: original });
    expect(ok).toBe(true);
    expect(openTask.map((c) => c.commandType)).toEqual(['COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION']);
  });

  it('reads event types as the user interface of Temporal exports them', async () => {
    const run = await historyOfOriginal();
    await run.task();
    const exported = run.history.events.map((event) => ({
      ...event,
      eventType: event.eventType
        .slice('EVENT_TYPE_'.length)
        .toLowerCase()
        .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    }));
    expect(exported[4]!.eventType).toBe('ActivityTaskScheduled');
    expect((await replayHistory(exported as never, { changing: original })).ok).toBe(true);
  });

  it('refuses what is no history, and events it does not know', async () => {
    await expect(replayHistory([], { changing: original })).rejects.toThrow(/first event/);
    const run = await historyOfOriginal();
    const { events } = run.history;
    const strange = [
      ...events,
      { eventId: String(events.length + 1), eventTime: '', eventType: 'EVENT_TYPE_FUTURE' },
    ];
    const { ok, error } = await replayHistory(strange as never, { changing: original });
    expect(ok).toBe(false);
    expect(String(error)).toMatch(/EVENT_TYPE_FUTURE, which this version of the SDK does not know/);
  });
});
