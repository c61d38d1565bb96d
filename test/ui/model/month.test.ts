import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeFile, parseHistory } from '../../../src/ui/history/file.ts';
import { monthDays, otherMonth, previewOf } from '../../../src/ui/schedules/month.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

describe('a schedule before it is saved', () => {
  it('shows the times that the engine will reckon, in its zone', () => {
    const { zone, times } = previewOf({ cronString: ['0 3 * * *'], timezoneName: 'Europe/Berlin' }, NOW);
    expect(zone).toBe('Europe/Berlin');
    expect(times).toHaveLength(6);
    expect(new Date(times[0]!).toISOString()).toBe('2026-11-23T02:00:00.000Z');
  });

  it('or what the engine will say against it', () => {
    expect(() => previewOf({ cronString: ['nonsense'] }, NOW)).toThrow();
    expect(() => previewOf({ timezoneName: 'Nowhere' }, NOW)).toThrow(/unknown time zone/);
    expect(previewOf({}, NOW).times).toEqual([]);
  });
});

describe('a month of a schedule', () => {
  const schedule = (cron: string, timezoneName = 'UTC', recentActions: object[] = []) =>
    ({ schedule: { spec: { cronString: [cron], timezoneName } }, info: { recentActions } }) as never;

  it('has whole weeks, what was done, and what is to come', () => {
    const done = {
      actualTime: '2026-11-20T03:00:00Z',
      startWorkflowStatus: 'WORKFLOW_EXECUTION_STATUS_FAILED',
      startWorkflowResult: { workflowId: 'w', runId: 'r' },
    };
    const days = monthDays(schedule('0 3 * * *', 'UTC', [done]), '2026-11', NOW);
    expect([days.length, days[0]!.date, days.at(-1)!.date]).toEqual([42, '2026-10-26', '2026-12-06']);
    const on = (date: string) => days.find((day) => day.date === date)!;
    expect(on('2026-11-20').past).toMatchObject([{ workflowId: 'w' }]);
    expect([on('2026-11-22').future, on('2026-11-23').future.length]).toEqual([[], 1]);
  });

  it('a time is on the day that the zone of the schedule has', () => {
    const days = monthDays(schedule('30 0 * * *', 'Asia/Tokyo'), '2026-11', NOW);
    const day = days.find(({ future }) => future.length > 0)!;
    expect([day.date, new Date(day.future[0]!).toISOString()]).toEqual([
      '2026-11-23',
      '2026-11-22T15:30:00.000Z',
    ]);
  });

  it('a schedule that acts each second says that there are more', () => {
    const each = { schedule: { spec: { interval: [{ interval: '1s' }] } }, info: { recentActions: [] } };
    const days = monthDays(each as never, '2026-12', NOW);
    expect(days.every(({ future, more }) => future.length === 101 && more)).toBe(true);
  });

  it('months follow each other over the end of a year', () => {
    expect([otherMonth('2026-12', 1), otherMonth('2026-01', -1)]).toEqual(['2027-01', '2025-12']);
  });
});

describe('a history from a file', () => {
  const golden = readFileSync(
    join(import.meta.dirname, '../../histories/two-signals-in-one-task.json'),
    'utf8',
  );

  it('is read in every form in which it is written', () => {
    const { history } = JSON.parse(golden) as { history: { events: object[] } };
    const { events } = history;
    const workflowExecution = { workflowId: 'w', runId: 'r' };
    for (const form of [events, { events }, { history: { events } }])
      expect(parseHistory(JSON.stringify(form)).events).toEqual(events);
    expect(parseHistory(JSON.stringify({ events, workflowExecution }))).toMatchObject(workflowExecution);
  });

  it('says of the run what its events say', () => {
    const file = parseHistory(golden);
    const { workflowExecutionInfo: info } = describeFile(file);
    expect(info).toMatchObject({
      status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED',
      historyLength: String(file.events.length),
    });
    const open = describeFile({ events: file.events.slice(0, 3) });
    expect(open.workflowExecutionInfo.status).toBe('WORKFLOW_EXECUTION_STATUS_RUNNING');
  });

  it('and says what is wrong with one that is none', () => {
    expect(() => parseHistory('no')).toThrow(/no JSON/);
    for (const none of ['{}', 'null', '[]', '{"events":3}'])
      expect(() => parseHistory(none)).toThrow(/no events/);
    expect(() => parseHistory('[{"eventType":"X"}]')).toThrow(/does not begin/);
  });
});
