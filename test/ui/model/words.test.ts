import { describe, expect, it } from 'vitest';
import type { DescribeWorkflowExecutionReply } from '../../../sdk/common/service.ts';
import {
  duration,
  durationMs,
  newDay,
  relative,
  sentence,
  words,
  zonedTime,
} from '../../../src/ui/format.ts';
import { isStuck, nowLines } from '../../../src/ui/history/now.ts';
import { conditionText, operatorsOf } from '../../../src/ui/list/condition.ts';
import { both, countedBy, queryFrom, quoted, statusOf, withStatus } from '../../../src/ui/list/filter.ts';
import { progressText, withStuck } from '../../../src/ui/list/progress.ts';
import { inNamespace } from '../../../src/ui/path.ts';
import {
  formatArguments,
  jsonPayload,
  parseArguments,
  payloadLine,
  readPayload,
} from '../../../src/ui/payload.ts';
import { parseListQuery } from '../../../src/visibility/list-filter.ts';

describe('words', () => {
  it('durations have at most two units', () => {
    expect([0, 480, 1_500, 9_000, 61_000, 3_600_000, 93_784_000].map(duration)).toEqual([
      '0ms',
      '480ms',
      '1.5s',
      '9s',
      '1m 1s',
      '1h',
      '1d 2h',
    ]);
    expect(durationMs('90.5s')).toBe(90_500);
    expect(durationMs('0s')).toBeUndefined();
  });

  it('the date is said where the day is another, and first', () => {
    const noon = new Date(2026, 10, 22, 12).getTime();
    const day = 24 * 3_600_000;
    expect(newDay(noon, undefined)).toBe('22 Nov 2026');
    expect(newDay(noon + 3_600_000, noon)).toBe('');
    expect(newDay(noon + 28 * day, noon)).toBe('20 Dec 2026');
    expect(newDay(noon + 365 * day, noon)).toBe('22 Nov 2027');
  });

  it('moments are told from now', () => {
    expect(relative(5_000, 65_000)).toBe('1m ago');
    expect(relative(77_000, 65_000)).toBe('in 12s');
  });

  it('times of a schedule are told in its own zone, with its name', () => {
    const time = Date.parse('2026-11-23T02:00:00Z');
    expect(zonedTime(time, 'Europe/Berlin')).toBe('Mon, 23 Nov 2026, 03:00:00 CET');
    expect(zonedTime(time)).toBe('Mon, 23 Nov 2026, 02:00:00 UTC');
    expect(zonedTime(time, 'Nowhere/At all')).toBe('Mon, 23 Nov 2026, 02:00:00 UTC');
  });

  it('names and wire values become sentences', () => {
    expect(sentence('ActivityTaskScheduled')).toBe('Activity task scheduled');
    expect(words('PARENT_CLOSE_POLICY_REQUEST_CANCEL', 'PARENT_CLOSE_POLICY_')).toBe('Request cancel');
  });
});

describe('payloads', () => {
  it('are read by their encoding', () => {
    expect(readPayload(jsonPayload({ a: 1 }))).toMatchObject({ encoding: 'json/plain', value: { a: 1 } });
    const encoding = (name: string) => ({ metadata: { encoding: btoa(name) } });
    expect(readPayload(encoding('binary/null')).text).toBe('null');
    expect(readPayload({ ...encoding('binary/encrypted'), data: btoa('\x00\x01') }).text).toBeUndefined();
    expect(payloadLine([jsonPayload(400), jsonPayload('x')])).toBe('400, "x"');
  });

  it('arguments are one JSON value, or one per line, and come back as they were typed', () => {
    expect(parseArguments('')).toEqual([]);
    expect(parseArguments('{\n "a": 1\n}')).toEqual([jsonPayload({ a: 1 })]);
    expect(parseArguments('1\n"two"')).toEqual([jsonPayload(1), jsonPayload('two')]);
    expect(() => parseArguments('two')).toThrow(/Not JSON/);
    const several = [jsonPayload({ a: 1 }), jsonPayload('x')];
    expect(parseArguments(formatArguments(several))).toEqual(several);
  });
});

describe('the address of a request', () => {
  it('stays below what it names: an id of dots is refused, not taken for a way through the path', () => {
    const asked = (workflowId: string): string =>
      new URL(`/api/v1${inNamespace('default', 'workflows', workflowId)}`, 'http://engine').pathname;
    expect(asked('a/../b c')).toBe('/api/v1/namespaces/default/workflows/a%2F..%2Fb%20c');
    for (const id of ['', '.', '..']) expect(() => asked(id)).toThrow('No address can name');
  });
});

describe('the filter', () => {
  it('takes a bare id for the id of a workflow', () => {
    expect(queryFrom(' order-1 ')).toBe("WorkflowId = 'order-1'");
    expect(queryFrom("WorkflowType = 'a'")).toBe("WorkflowType = 'a'");
    expect(queryFrom('')).toBe('');
  });

  it('a quote in a value is written twice', () => {
    expect(quoted("it's")).toBe("'it''s'");
  });

  it('chips change the status and leave the rest', () => {
    const query = withStatus("WorkflowType = 'a'", 'Failed');
    expect(query).toBe("WorkflowType = 'a' AND ExecutionStatus = 'Failed'");
    expect(statusOf(query)).toBe('Failed');
    expect(withStatus(query, 'Running')).toBe("WorkflowType = 'a' AND ExecutionStatus = 'Running'");
    expect(withStatus(query, undefined)).toBe("WorkflowType = 'a'");
    expect(withStatus("ExecutionStatus = 'Failed' AND TaskQueue = 'q'", undefined)).toBe("TaskQueue = 'q'");
  });

  it('a status counts only where every run that is found has it: the number beside "Delete all" is of the same runs', () => {
    const half = "WorkflowType = 'a' OR WorkflowType = 'b' AND ExecutionStatus = 'Running'";
    const others = [
      half,
      "ExecutionStatus = 'Running' OR WorkflowId = 'a'",
      "NOT ExecutionStatus = 'Running'",
      "NOT (ExecutionStatus = 'Running')",
      "ExecutionStatus = '1'",
      `WorkflowId = 'AND ExecutionStatus = "Failed"'`,
    ];
    for (const query of others) {
      expect(statusOf(query)).toBeUndefined();
      expect(countedBy(query)).toBe(query);
    }
    expect(withStatus(half, 'Failed')).toBe(`(${half}) AND ExecutionStatus = 'Failed'`);
    expect(withStuck("A = 'x' OR TemporalReportedProblems IS NOT NULL", false)).toBe(
      "A = 'x' OR TemporalReportedProblems IS NOT NULL",
    );
    const span = "CloseTime BETWEEN '2026-01-01T00:00:00Z' AND '2026-02-01T00:00:00Z'";
    expect(countedBy(`${span} AND ExecutionStatus = 'Failed'`)).toBe(span);
    expect(statusOf(`${span} AND ExecutionStatus = 'Failed'`)).toBe('Failed');
  });

  it('a list in another order has its chips and counts, and conditions stand before the order', () => {
    const query = "WorkflowType = 'ORDER BY' ORDER BY StartTime DESC";
    expect(countedBy(query)).toBe("WorkflowType = 'ORDER BY'");
    const failed = withStatus(query, 'Failed');
    expect(failed).toBe("WorkflowType = 'ORDER BY' AND ExecutionStatus = 'Failed' ORDER BY StartTime DESC");
    expect(() => parseListQuery(failed, {})).not.toThrow();
    expect(statusOf(failed)).toBe('Failed');
    expect(withStatus(failed, undefined)).toBe(query);
    expect(countedBy('ORDER BY StartTime')).toBe('');
  });

  it('stuck runs are asked for beside what is asked already, and no longer', () => {
    const query = withStuck("TaskQueue = 'q'", true);
    expect(query).toBe("TaskQueue = 'q' AND TemporalReportedProblems IS NOT NULL");
    expect(withStuck(query, true)).toBe(query);
    expect([withStuck(query, false), withStuck(withStuck('', true), false)]).toEqual(["TaskQueue = 'q'", '']);
    expect(() => parseListQuery(query, {})).not.toThrow();
  });

  it('an alternative is put into parentheses', () => {
    expect(both("A = 'x' OR A = 'y'", "B = 'z'")).toBe("(A = 'x' OR A = 'y') AND B = 'z'");
    expect(both("(A = 'x' OR A = 'y')", "B = 'z'")).toBe("(A = 'x' OR A = 'y') AND B = 'z'");
    expect(both("(A = ')') OR (A = 'y')", "B = 'z'")).toBe("((A = ')') OR (A = 'y')) AND B = 'z'");
  });
});

describe('a condition', () => {
  const type = (short: string): string => `INDEXED_VALUE_TYPE_${short}`;
  it('is written as its type wants it', () => {
    expect(conditionText('WorkflowType', type('KEYWORD'), '=', "it's")).toBe("WorkflowType = 'it''s'");
    expect(conditionText('Amount', type('INT'), '>', '5')).toBe('Amount > 5');
    expect(conditionText('Vip', type('BOOL'), '=', 'true')).toBe('Vip = true');
    expect(conditionText('City', type('KEYWORD'), 'IN', 'Oslo, Rome')).toBe("City IN ('Oslo', 'Rome')");
    expect(conditionText('StartTime', type('DATETIME'), '>', '2026-11-22T01:00Z')).toBe(
      "StartTime > '2026-11-22T01:00:00.000Z'",
    );
    expect(conditionText('a-b', type('TEXT'), 'IS NULL', '')).toBe('`a-b` IS NULL');
  });

  it.each(['KEYWORD', 'KEYWORD_LIST', 'TEXT', 'INT', 'DOUBLE', 'DATETIME', 'BOOL'])(
    'of every operator that is offered for %s is one that the engine reads',
    (short) => {
      const values: Record<string, string> = {
        DATETIME: '2026-11-22T01:00',
        INT: '1',
        DOUBLE: '1.5',
        BOOL: 'true',
      };
      const custom = { Field: short as never };
      for (const operator of operatorsOf(type(short))) {
        const text = conditionText('Field', type(short), operator, values[short] ?? 'x');
        expect(() => parseListQuery(text, custom)).not.toThrow();
      }
    },
  );
});

describe('a run in the list', () => {
  const text = (progress: object, more = {}) =>
    progressText(
      {
        status: 'WORKFLOW_EXECUTION_STATUS_RUNNING',
        progress: { waitingOn: [], pendingActivityAttempts: 0, ...progress },
        ...more,
      } as never,
      0,
    );

  it('says what it waits for, or what keeps it from going on', () => {
    expect(text({ waitingOn: ['signal'] })).toBe('A signal or an update');
    expect(text({ waitingOn: ['activity', 'activity:charge', 'timer', 'timer:1'] })).toBe(
      'Activity charge; timer',
    );
    const retried = { pendingActivityAttempts: 3, lastFailure: 'no money' };
    expect(text({ waitingOn: ['activity', 'activity:charge'], ...retried })).toBe(
      'Activity charge, attempt 3: no money',
    );
    const problems = ['category=WorkflowTaskFailed', 'cause=WorkflowTaskFailedCauseNonDeterministicError'];
    expect(text({ waitingOn: ['workflowTask'], problems, problemReason: 'no such activity' })).toBe(
      'Workflow task fails: no such activity',
    );
    expect(text({ waitingOn: ['workflowTask'] }, { executionTime: '2026-01-01T00:00:00Z' })).toMatch(
      /^Begins/,
    );
    expect(text({}, { status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' })).toBe('');
  });
});

describe('what a run does now', () => {
  const described = (more: Partial<DescribeWorkflowExecutionReply> = {}) =>
    ({
      executionConfig: { taskQueue: { name: 'q' } },
      workflowExecutionInfo: { status: 'WORKFLOW_EXECUTION_STATUS_RUNNING' },
      pendingActivities: [],
      pendingChildren: [],
      problems: [],
      ...more,
    }) as unknown as DescribeWorkflowExecutionReply;
  const now = Date.parse('2026-01-01T00:00:00Z');

  it('waits for the messages that it takes when nothing else is open', () => {
    expect(nowLines(described(), [], { signals: ['approve'], updates: ['set'] }, now)).toMatchObject([
      {
        text: 'Waits for',
        messages: [
          { kind: 'signal', name: 'approve' },
          { kind: 'update', name: 'set' },
        ],
      },
    ]);
  });

  it('says which attempt comes when, and why', () => {
    const activity = {
      activityId: '1',
      activityType: { name: 'withdraw' },
      state: 'PENDING_ACTIVITY_STATE_SCHEDULED',
      attempt: 3,
      maximumAttempts: 5,
      nextAttemptScheduleTime: '2026-01-01T00:00:12Z',
      lastFailure: { message: 'outer', cause: { message: 'no connection' } },
    };
    expect(nowLines(described({ pendingActivities: [activity] }), [], undefined, now)).toMatchObject([
      {
        tone: 'failed',
        text: 'Activity withdraw will be tried again, attempt 3 of 5',
        reason: 'Last failure: no connection',
        due: now + 12_000,
      },
    ]);
  });

  it('names the task queue that nobody serves', () => {
    const pendingWorkflowTask = {
      state: 'PENDING_WORKFLOW_TASK_STATE_SCHEDULED',
      scheduledTime: '2026-01-01T00:00:00Z',
      originalScheduledTime: '2026-01-01T00:00:00Z',
      attempt: 1,
      waitingReason: 'no Worker serves task queue q',
    };
    expect(nowLines(described({ pendingWorkflowTask }), [], undefined, now)[0]).toMatchObject({
      tone: 'failed',
      text: 'Waits for a Worker on task queue q',
      reason: 'no Worker serves task queue q',
    });
  });

  it('is stuck when its code no longer fits its history, and when it blocks', () => {
    const task = {
      state: 'PENDING_WORKFLOW_TASK_STATE_SCHEDULED',
      scheduledTime: '2026-01-01T00:00:05Z',
      originalScheduledTime: '2026-01-01T00:00:00Z',
      attempt: 4,
      lastFailure: { message: 'no such activity' },
    };
    const cause = 'WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR';
    const event = {
      eventType: 'EVENT_TYPE_WORKFLOW_TASK_FAILED',
      workflowTaskFailedEventAttributes: { cause },
    };
    const item = { kind: 'task', status: 'failed', endTime: 1, events: [event] } as never;
    const failing = described({ pendingWorkflowTask: task });
    expect(nowLines(failing, [item], undefined, now)[0]).toMatchObject({
      tone: 'failed',
      text: 'Stuck: the workflow code no longer fits the history of this run; attempt 4 follows',
      reason: 'Last failure: no such activity',
      due: now + 5_000,
    });
    expect([isStuck(failing), isStuck(described())]).toEqual([true, false]);
    const started = {
      ...task,
      lastFailure: undefined,
      state: 'PENDING_WORKFLOW_TASK_STATE_STARTED',
      startedTime: '2026-01-01T00:00:00Z',
    };
    const blocked = nowLines(described({ pendingWorkflowTask: started }), [], undefined, now + 9_000)[0]!;
    expect(blocked).toMatchObject({ tone: 'failed', text: 'The workflow code has been running for 9s' });
  });

  it('a closed run does nothing', () => {
    const closed = { status: 'WORKFLOW_EXECUTION_STATUS_COMPLETED' } as never;
    expect(nowLines(described({ workflowExecutionInfo: closed }), [], undefined, now)).toEqual([]);
  });
});
