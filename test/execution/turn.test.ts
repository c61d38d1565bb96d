import { describe, expect, it, vi } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import type { ServiceError } from '../../sdk/common/errors.ts';
import { decodeRow } from '../../src/execution/log.ts';
import { done, payloads, Rig, WatchedStore } from './rig.ts';

const timer = (timerId: string, seconds: number) =>
  makeCommand('StartTimer', { timerId, startToFireTimeout: `${seconds}s` });
const activity = (activityId: string) =>
  makeCommand('ScheduleActivityTask', {
    activityId,
    activityType: { name: 'charge' },
    startToCloseTimeout: '60s',
    heartbeatTimeout: '30s',
  });

async function outcomes(work: Array<Promise<unknown>>): Promise<string[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((one) =>
    one.status === 'fulfilled' ? 'ok' : ((one.reason as ServiceError).code ?? 'thrown'),
  );
}

describe('a turn', () => {
  it('commits requests that wait together in one transaction', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const before = rig.watched.commits.length;
    // The first one begins a turn at once; the others come while it is being made.
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => rig.signal(name)));
    expect(rig.watched.commits.length - before).toBeLessThanOrEqual(2);
    expect(rig.types().filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(5);
  });

  it('waits a moment for more behind one that took several, and meanwhile holds up nobody who looks', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    await rig.signal('alone');
    const more = Promise.withResolvers<void>();
    let gathered = 0;
    rig.gather = () => {
      gathered++;
      return more.promise;
    };
    // In the middle of each turn somebody asks for more.
    const commit = rig.watched.commit.bind(rig.watched);
    const late: Array<Promise<void>> = [];
    rig.watched.commit = (given) => {
      commit(given);
      if (late.length < 4) late.push(rig.signal('late'), rig.signal('later'));
    };
    await rig.signal('a');
    await vi.waitFor(() => expect(gathered).toBe(1));
    expect(await rig.object.backup.exportPage()).toBeDefined();
    const before = rig.watched.commits.length;
    const others = ['e', 'f'].map((name) => rig.signal(name));
    expect(rig.watched.commits.length).toBe(before);
    more.resolve();
    await Promise.all([...late, ...others]);
    expect(rig.watched.commits.length).toBe(before + 1);
  });

  it('waits for nobody where more have come than one turn takes', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    let gathered = 0;
    rig.gather = async () => void gathered++;
    const before = rig.watched.commits.length;
    // The first is alone in its turn, then two are full; only the 199 that are left may be joined by others.
    await Promise.all(Array.from({ length: 600 }, (_, n) => rig.signal(`s${n}`)));
    expect(rig.watched.commits.length - before).toBe(4);
    expect(gathered).toBe(1);
  });

  it('that keeps failing is tried again by itself, with growing pauses, until it succeeds', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    rig.load();
    rig.watched.fail = 'before';
    await rig.signal('lost').catch(() => undefined);
    rig.watched.alarm = undefined;
    for (let second = 0; second < 600; second++) await rig.advance(1_000);
    const failures = rig.logged.filter((message) => message === 'a turn failed and was undone').length;
    expect(failures).toBeGreaterThan(10);
    expect(failures).toBeLessThan(20);
    rig.watched.fail = undefined;
    await rig.advance(60_000);
    const commits = rig.watched.commits.length;
    await rig.signal('kept');
    expect(rig.watched.commits.length).toBeGreaterThan(commits);
    expect(signals(rig)).toEqual(['kept']);
  });

  it('refuses one bad request and carries out the others of its turn', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    const replies = await outcomes([rig.signal('a'), rig.signal('b'), rig.signal(''), rig.signal('c')]);
    expect(replies).toEqual(['ok', 'ok', 'INVALID_ARGUMENT', 'ok']);
    expect(signals(rig)).toEqual(['a', 'b', 'c']);
  });

  it('carries out the others of its turn when one request breaks it', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    const poison = rig.object.request({ kind: 'NoSuchRequest' } as never);
    const replies = await outcomes([rig.signal('a'), poison, rig.signal('b')]);
    expect(replies).toEqual(['ok', 'INTERNAL', 'ok']);
    expect(signals(rig)).toEqual(['a', 'b']);
  });

  it('leaves nothing in memory and rejects its requests when the commit fails', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    rig.watched.fail = 'before';
    expect(await outcomes([rig.signal('a'), rig.signal('b'), rig.signal('c')])).toEqual(
      Array(3).fill('INTERNAL'),
    );
    rig.watched.fail = undefined;
    await rig.signal('d');
    expect(signals(rig)).toEqual(['d']);
    const { workflowExecutionInfo } = await rig.object.describe(undefined);
    expect(workflowExecutionInfo.historyLength).toBe(String(rig.history().length));
  });

  it('answers a repeat under the same request id when the first was stored but its commit reported an error', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    rig.watched.fail = 'after';
    expect(await outcomes([rig.signal('a', 'r1')])).toEqual(['INTERNAL']);
    rig.watched.fail = undefined;
    await rig.signal('a', 'r1');
    expect(signals(rig)).toEqual(['a']);
  });

  it('wakes nobody and carries out nothing when its commit fails', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.settled();
    const waiting = rig.object.result(undefined, 20_000);
    const recorded = rig.recorded.length;
    let woken = false;
    void waiting.then(() => {
      woken = true;
    });
    rig.watched.fail = 'before';
    expect(await outcomes([rig.terminate()])).toEqual(['INTERNAL']);
    await rig.settled();
    expect([woken, rig.recorded.length]).toEqual([false, recorded]);
    rig.watched.fail = undefined;
    await rig.terminate();
    expect(await waiting).toMatchObject({ pending: false, status: 'WORKFLOW_EXECUTION_STATUS_TERMINATED' });
  });

  it('arms the alarm only when the next deadline is earlier than the armed one', async () => {
    const rig = new Rig();
    rig.work = async ({ signals: names }) =>
      done(timer(`t${names.length}`, [60, 120, 300, 10][names.length]!));
    await rig.start({ workflowTaskTimeout: '120s' });
    await rig.settled();
    const alarms = () =>
      rig.watched.commits.flatMap(({ alarm }) => (alarm === undefined ? [] : [alarm - rig.now]));
    const first = alarms().length;
    expect(Math.min(...alarms())).toBeLessThanOrEqual(60_000);
    await rig.advance(Math.min(...alarms()) + 1); // whatever was armed for the task is used up
    await rig.signal('opens a session, which was idle for too long');
    await rig.settled();
    await rig.advance(rig.watched.alarm! - rig.now);
    const armed = rig.watched.alarm! - rig.now;
    expect(armed).toBeLessThanOrEqual(60_000);
    await rig.object.query({
      namespace: 'default',
      execution: { workflowId: 'order-1' },
      query: { queryType: 'opens a session, and arms nothing' },
    });
    const before = rig.watched.commits.length;
    await rig.signal('later than what is armed');
    await rig.settled();
    expect(rig.watched.commits.slice(before).flatMap(({ alarm }) => alarm ?? [])).toEqual([]);
    await rig.signal('earlier than what is armed');
    await rig.settled();
    expect(rig.watched.alarm).toBe(rig.now + 10_000);
    expect(first).toBeGreaterThan(0);
  });

  it('arms again after an alarm that came for nothing', async () => {
    const rig = new Rig();
    rig.work = async () => done(timer('t', 60));
    await rig.start();
    await rig.settled();
    rig.watched.alarm = undefined;
    await rig.object.alarm();
    expect(rig.watched.alarm).toBeLessThanOrEqual(rig.now + 60_000);
    await rig.advance(60_000);
    expect(rig.types()).toContain('TIMER_FIRED');
  });
});

describe('a load', () => {
  /** A life with signals, timers, an activity with heartbeats and two runs. */
  async function live(rowsPerSnapshot: number): Promise<Rig> {
    const rig = new Rig();
    rig.load(rowsPerSnapshot);
    rig.work = async ({ events, signals: names }) =>
      events.length < 4 ? done(timer('t', 3_600), activity('a')) : done(timer(`t${names.length}`, 900));
    await rig.start({ requestId: 'first' });
    await rig.settled();
    await rig.start({
      workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING',
      requestId: 'second',
    });
    await rig.settled();
    for (const name of ['a', 'b', 'c', 'd']) {
      rig.now += 100;
      await rig.signal(name, name);
      await rig.settled();
    }
    const { runId } = await rig.start({ requestId: 'second' });
    const task = { namespace: 'default', workflowId: 'order-1', runId, activityId: 'a' };
    await rig.object.request({ kind: 'RecordActivityTaskHeartbeat', task, details: payloads(7) });
    await rig.settled();
    return rig;
  }

  it('gives the same state from a snapshot and its tail as from the whole log', async () => {
    const whole = await live(1_000_000);
    const expected = await described(whole);
    for (const rowsPerSnapshot of [1, 2, 3, 5, 128]) {
      const rig = await live(rowsPerSnapshot);
      expect(await described(rig)).toEqual(expected);
      rig.load();
      expect(await described(rig)).toEqual(expected);
    }
    const noSnapshot = new WatchedStore();
    for (const row of whole.store.rows(0, Number.MAX_SAFE_INTEGER)) noSnapshot.log.push(row);
    noSnapshot.commit({ rows: [], progress: whole.store.progress() });
    const rig = new Rig(noSnapshot);
    rig.now = whole.now;
    expect(await described(rig)).toEqual(expected);
  });

  it('counts the size of a history as it was counted live', async () => {
    const rig = await live(1_000_000);
    const sizeOf = async () => (await rig.object.describe(undefined)).workflowExecutionInfo.historySizeBytes;
    const size = await sizeOf();
    rig.load();
    expect(await sizeOf()).toBe(size);
  });

  it('knows the heartbeat of a pending activity, which is not in the log', async () => {
    const rig = await live(2);
    rig.load();
    const { pendingActivities } = await rig.object.describe(undefined);
    expect(pendingActivities[0]?.heartbeatDetails).toEqual(payloads(7));
    const logged = [...rig.store.rows(0, Number.MAX_SAFE_INTEGER)].flatMap(decodeRow);
    expect(logged.some((event) => JSON.stringify(event).includes('Heartbeat'))).toBe(false);
  });

  it('tells visibility what a run has failed with', async () => {
    const rig = new Rig();
    const failure = { message: 'Activity task failed', cause: { message: 'no card' } };
    rig.work = async () => done(makeCommand('FailWorkflowExecution', { failure }));
    await rig.start();
    await rig.settled();
    expect(rig.recorded.at(-1)).toMatchObject({
      open: false,
      details: { lastFailure: 'Activity task failed ← no card' },
    });
  });

  it('still owes visibility the end of a run that another one has replaced', async () => {
    const rig = new Rig();
    rig.served = false;
    await rig.start();
    await rig.start({ workflowIdConflictPolicy: 'WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING' });
    await rig.settled();
    const last = new Map(rig.recorded.map(({ info, open }) => [info.execution.runId, open]));
    expect([...last]).toEqual([
      ['run-1', false],
      ['run-2', true],
    ]);
    // Confirmed in the older run's own range of the log, and not owed again.
    const before = rig.recorded.length;
    rig.load();
    await rig.object.poke();
    await rig.settled();
    expect(rig.recorded.length).toBe(before);
  });
});

async function described(rig: Rig) {
  const { workflowExecutionInfo, operations: _counts, ...rest } = await rig.object.describe(undefined);
  const { historySizeBytes: _, ...info } = workflowExecutionInfo;
  return { ...rest, info };
}

function signals(rig: Rig): string[] {
  return rig
    .history()
    .flatMap((event) =>
      event.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED'
        ? [event.workflowExecutionSignaledEventAttributes.signalName]
        : [],
    );
}
