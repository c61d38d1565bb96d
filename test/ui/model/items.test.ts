import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import { eventDetail, eventTitle, eventTone, failureMessages } from '../../../src/ui/history/event.ts';
import { type Item, Items, pendingTask } from '../../../src/ui/history/items.ts';
import {
  clampSpan,
  density,
  isInside,
  tickLabel,
  ticks,
  wholeSpan,
  zoom,
} from '../../../src/ui/history/scale.ts';

function historyOf(name: string): HistoryEvent[] {
  const text = readFileSync(join(import.meta.dirname, '../../histories', `${name}.json`), 'utf8');
  return (JSON.parse(text) as { history: { events: HistoryEvent[] } }).history.events;
}

function itemsOf(name: string): Item[] {
  const items = new Items();
  items.add(historyOf(name));
  return items.list();
}

const glance = ({ kind, title, status }: Item) => `${kind} ${title} ${status}`;

describe('events become items', () => {
  it('an activity is one item, however many events it took', () => {
    const [run, ...activities] = itemsOf('sequential-activities');
    expect(run).toMatchObject({ kind: 'workflow', status: 'completed' });
    expect(activities.length).toBeGreaterThan(1);
    for (const activity of activities) {
      expect(activity).toMatchObject({ kind: 'activity', status: 'completed', attempt: 1 });
      expect(activity.events.map(({ eventType }) => eventType)).toEqual([
        'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
        'EVENT_TYPE_ACTIVITY_TASK_STARTED',
        'EVENT_TYPE_ACTIVITY_TASK_COMPLETED',
      ]);
    }
  });

  it('failed and timed-out activities carry their failure', () => {
    const ended = itemsOf('activity-failed-and-timed-out').filter(({ kind }) => kind === 'activity');
    expect(ended.map(({ status }) => status)).toEqual(expect.arrayContaining(['failed', 'timedout']));
    const bad = ended.filter(({ status }) => status !== 'completed');
    expect(bad.every(({ failure }) => failure !== undefined)).toBe(true);
  });

  it('children name their workflow, and end as it ended', () => {
    const children = itemsOf('child-completed').filter(({ kind }) => kind === 'child');
    expect(children[0]).toMatchObject({ status: 'completed' });
    expect(children[0]!.workflow?.runId).toBeTruthy();
    expect(children[0]!.startedTime).toBeGreaterThanOrEqual(children[0]!.startTime);
  });

  it('timers, signals, updates and local activities are items too', () => {
    const kinds = (name: string) => new Set(itemsOf(name).map(({ kind }) => kind));
    expect(kinds('timers-fired')).toContain('timer');
    expect(kinds('two-signals-in-one-task')).toContain('signal');
    expect(kinds('update-awaits-an-activity')).toContain('update');
    expect(kinds('local-activities-in-sequence')).toContain('local');
    expect(kinds('signals-others')).toContain('external');
    expect(kinds('patched')).toContain('marker');
  });

  it('what was open when the run closed ended with it', () => {
    const items = itemsOf('terminated-with-open-children');
    expect(items.every(({ status, endTime }) => status === 'instant' || endTime !== undefined)).toBe(true);
    expect(items.filter(({ kind }) => kind === 'child').map(glance)).toContainEqual(
      expect.stringContaining('terminated'),
    );
  });

  it('a reset is no failure: the event and the item say what it was', () => {
    const reset = historyOf('reset-signals').find(({ eventType }) => /TASK_FAILED/.test(eventType))!;
    expect([eventTitle(reset), eventTone(reset)]).toEqual(['Reset', 'canceled']);
    expect(eventDetail(reset)).toMatch(/^from run /);
    expect(itemsOf('reset-signals').filter(({ kind }) => kind === 'task')).toMatchObject([
      { title: 'Reset', status: 'instant' },
    ]);
  });

  it('events that come in pieces give the same items', () => {
    const events = historyOf('everything-at-once');
    const whole = new Items();
    whole.add(events);
    const pieces = new Items();
    for (const event of events) pieces.add([event]);
    expect(pieces.list()).toEqual(whole.list());
  });

  it('a pending activity shows its attempt and failure, which are not in history', () => {
    const items = new Items();
    const scheduled = historyOf('sequential-activities').slice(0, 5);
    items.add(scheduled);
    const { activityId } = (scheduled[4] as HistoryEvent<'ActivityTaskScheduled'>)
      .activityTaskScheduledEventAttributes;
    const [, activity] = items.list([
      {
        activityId,
        activityType: { name: 'a' },
        state: 'PENDING_ACTIVITY_STATE_STARTED',
        attempt: 3,
        lastStartedTime: '2026-01-01T00:00:00Z',
        lastFailure: { message: 'no' },
      },
    ]);
    expect(activity).toMatchObject({ attempt: 3, status: 'running', failure: { message: 'no' } });
  });
});

describe('time as places on a line', () => {
  const items = itemsOf('everything-at-once');
  const now = Date.now();
  const whole = wholeSpan(items, now);

  it('the whole span holds every item', () => {
    expect(items.every((item) => isInside(item, whole, now))).toBe(true);
    expect(whole.from).toBeLessThan(items[0]!.startTime);
  });

  it('zooming keeps the anchor in its place and stays inside', () => {
    const middle = (whole.from + whole.to) / 2;
    const half = zoom(whole, 0.5, middle, whole);
    expect(half.to - half.from).toBeCloseTo((whole.to - whole.from) / 2);
    expect((half.from + half.to) / 2).toBeCloseTo(middle);
    expect(zoom(half, 100, middle, whole)).toEqual(whole);
    expect(clampSpan({ from: whole.from - 50, to: whole.from + 50 }, whole).from).toBe(whole.from);
  });

  it('ticks name the day they begin on, and each day that follows', () => {
    const noon = new Date(2026, 10, 22, 12).getTime();
    const hour = 3_600_000;
    const times = [noon - hour, noon, noon + hour, noon + 13 * hour, noon + 168 * hour];
    expect(times.map((time, i) => tickLabel(time, noon, times[i - 1]))).toEqual([
      '',
      '22 Nov, 12:00:00',
      '+1h',
      '23 Nov, +13h',
      '29 Nov, +7d',
    ]);
  });

  it('ticks are round, inside, and not too many', () => {
    const times = ticks({ from: 990, to: 61_000 }, 1_000, 8);
    expect(times[0]).toBe(1_000);
    expect(times.length).toBeLessThanOrEqual(9);
    expect(new Set(times.slice(1).map((time, i) => time - times[i]!)).size).toBe(1);
  });

  it('the overview counts each item where it was', () => {
    const counts = density(items, whole, now, 50);
    expect(counts).toHaveLength(50);
    expect(Math.max(...counts.map(({ all }) => all))).toBeGreaterThan(0);
    expect(counts.every(({ all, bad }) => bad <= all)).toBe(true);
  });
});

it('a workflow task that fails again and again, or that nobody takes, is an item until it is through', () => {
  const task = {
    state: 'PENDING_WORKFLOW_TASK_STATE_SCHEDULED',
    scheduledTime: '2026-01-01T00:00:10Z',
    originalScheduledTime: '2026-01-01T00:00:00Z',
    attempt: 4,
  };
  const now = Date.parse('2026-01-01T00:00:04Z');
  expect(pendingTask({}, [], now)).toBeUndefined();
  expect(pendingTask({ pendingWorkflowTask: task }, [], now)).toBeUndefined();
  const lastFailure = { message: 'no' };
  expect(pendingTask({ pendingWorkflowTask: { ...task, lastFailure } }, [], now)).toMatchObject({
    detail: 'fails',
    attempt: 4,
    failure: lastFailure,
    startTime: now - 4_000,
    dueTime: now + 6_000,
  });
  const waits = pendingTask({ pendingWorkflowTask: { ...task, waitingReason: 'nobody' } }, [], now + 60_000)!;
  expect([waits.detail, waits.dueTime]).toEqual(['no Worker', undefined]);
});

it('a failure says what failed before why, and which activity or child it was', () => {
  const lost = {
    message: '400 left acct-alice and is in neither account',
    cause: {
      message: 'Activity task failed',
      activityFailureInfo: { activityId: '3', activityType: { name: 'refund' } },
      cause: { message: 'frozen' },
    },
  };
  expect(failureMessages(lost)).toEqual([lost.message, 'frozen (activity refund)']);
  const child = { workflowExecution: { workflowId: 'transfer-7', runId: 'r' } };
  const parent = { message: 'Child Workflow execution failed', childWorkflowExecutionFailureInfo: child };
  expect(failureMessages({ ...parent, cause: lost })[0]).toBe(`${lost.message} (child transfer-7)`);
  expect(failureMessages(parent)).toEqual(['Child Workflow execution failed']);
  const twice = { message: 'all of it: frozen', cause: { message: 'frozen' } };
  expect(failureMessages(twice)).toEqual(['all of it: frozen']);
  expect(failureMessages(undefined)).toEqual(['a failure without a message']);
});
