import { describe, expect, it } from 'vitest';
import { makeCommand } from '../../sdk/common/command.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { Archive } from '../../src/archive/archive.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { done, payloads, Rig } from './rig.ts';

const DAY = 24 * 3_600_000;
const complete = makeCommand('CompleteWorkflowExecution', { result: payloads('done') });

/** A run with some events, closed, whose retention is a day; with an archive over `bucket`. */
async function closedRun(bucket: MemoryBucket, signals = 5) {
  const rig = new Rig();
  const archive = new Archive(bucket, 'default');
  rig.retention = { peek: () => DAY, ask: async () => DAY };
  rig.archive = (...run) => archive.put(...run);
  rig.load();
  const { runId } = await rig.start({ input: payloads('x'.repeat(300_000)) });
  for (let i = 0; i < signals; i++) await rig.signal(`s${i}`);
  await rig.settled();
  rig.work = async () => done(complete);
  await rig.signal('end');
  await rig.settled();
  const history = await rig.object.history({
    namespace: 'default',
    execution: { workflowId: 'order-1', runId },
    maximumPageSize: 1_000,
  });
  const description = await rig.object.describe(runId);
  return { rig, archive, runId, events: history.history.events, description };
}

async function readAll(archive: Archive, runId: string, maximumPageSize: number): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for (let nextPageToken: string | undefined; ; ) {
    const page = await archive.history({
      namespace: 'default',
      execution: { workflowId: 'order-1', runId },
      maximumPageSize,
      ...(nextPageToken && { nextPageToken }),
    });
    events.push(...page!.history.events);
    nextPageToken = page!.nextPageToken;
    if (!nextPageToken) return events;
  }
}

describe('the archive', () => {
  it('has the whole run before retention removes it, and reads it as the engine did', async () => {
    const bucket = new MemoryBucket();
    const { rig, archive, runId, events, description } = await closedRun(bucket);
    await rig.advance(DAY);
    expect(rig.watched.log).toEqual([]);
    for (const size of [1, 3, 1_000]) expect(await readAll(archive, runId, size)).toEqual(events);
    const archived = await archive.describe('order-1', runId);
    expect(archived?.workflowExecutionInfo).toEqual(description.workflowExecutionInfo);
    expect(await archive.describe('order-1')).toEqual(archived);
    expect(await archive.result('order-1', runId)).toMatchObject({
      pending: false,
      closeEvent: events.at(-1),
    });
    const filtered = await archive.history({
      namespace: 'default',
      execution: { workflowId: 'order-1', runId },
      historyEventFilterType: 'HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT',
    });
    expect(filtered).toEqual({ history: { events: [events.at(-1)] } });
  });

  it('delays the removal for as long as it fails, and loses nothing', async () => {
    const bucket = new MemoryBucket();
    const { rig, archive, runId, events } = await closedRun(bucket);
    // Writes fail at the first object, then at the second, and so on.
    let allowed = 0;
    for (let failed = true; failed; allowed++) {
      let left = allowed;
      failed = false;
      bucket.beforePut = () => {
        if (left-- > 0) return;
        failed = true;
        throw new Error('R2 is away');
      };
      await rig.advance(rig.watched.log.length > 0 && allowed === 0 ? DAY : 60_000);
      if (!failed) break;
      expect(rig.watched.log.length).toBeGreaterThan(0);
      expect(await archive.describe('order-1', runId)).toBeUndefined();
      expect((await rig.object.describe(runId)).workflowExecutionInfo.execution.runId).toBe(runId);
    }
    expect(allowed).toBeGreaterThan(1);
    expect(rig.watched.log).toEqual([]);
    expect(await readAll(archive, runId, 7)).toEqual(events);
  });

  it('keeps a long history in pages that fit a message', async () => {
    const bucket = new MemoryBucket();
    const archive = new Archive(bucket, 'default');
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const description = await rig.object.describe(undefined);
    const events = Array.from({ length: 25 }, (_, i) => ({ ...rig.history()[0]!, eventId: String(i + 1) }));
    const pages = async function* () {
      for (let i = 0; i < events.length; i += 2) yield events.slice(i, i + 2);
    };
    const { runId } = description.workflowExecutionInfo.execution;
    description.workflowExecutionInfo.historyLength = '25';
    await archive.put({ workflowId: 'order-1', runId }, description, pages());
    expect(bucket.objects.size).toBe(14);
    for (const size of [1, 2, 4, 100]) expect(await readAll(archive, runId, size)).toEqual(events);
  });

  it('refuses a page token that names no event, and does not know a run that cannot be', async () => {
    const bucket = new MemoryBucket();
    const archive = new Archive(bucket, 'default');
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const description = await rig.object.describe(undefined);
    const { runId } = description.workflowExecutionInfo.execution;
    const one = async function* () {
      yield rig.history();
    };
    await archive.put({ workflowId: 'order-1', runId }, description, one());
    const read = (of: unknown) =>
      archive.history({
        namespace: 'default',
        execution: { workflowId: 'order-1' },
        nextPageToken: btoa(JSON.stringify(of)),
      });
    await expect(read([runId, -5])).rejects.toThrow('nextPageToken: not a token of this engine');
    await expect(read([runId, 1.5])).rejects.toThrow('nextPageToken: not a token of this engine');
    expect(await read(['\ud800', 0])).toBeUndefined();
    expect(await read(['x'.repeat(3_000), 0])).toBeUndefined();
    expect(await archive.delete({ workflowId: 'order-1', runId: '\ud800' })).toBe(false);
  });

  it('names the run that closed last, whichever was archived last', async () => {
    const bucket = new MemoryBucket();
    const archive = new Archive(bucket, 'default');
    const rig = new Rig();
    await rig.start();
    await rig.settled();
    const description = await rig.object.describe(undefined);
    for (const [runId, day] of [
      ['b', 2],
      ['c', 3],
      ['a', 1],
    ] as const) {
      const execution = { workflowId: 'order-1', runId };
      const info = {
        ...description.workflowExecutionInfo,
        execution,
        closeTime: `2026-01-0${day}T00:00:00Z`,
      };
      const one = async function* () {
        yield rig.history();
      };
      await archive.put(execution, { ...description, workflowExecutionInfo: info }, one());
    }
    expect((await archive.describe('order-1'))?.workflowExecutionInfo.execution.runId).toBe('c');
    expect(await archive.describe('order-2')).toBeUndefined();
    expect(await archive.delete({ workflowId: 'order-1', runId: 'c' })).toBe(true);
    expect(await archive.delete({ workflowId: 'order-1', runId: 'c' })).toBe(false);
    expect((await archive.describe('order-1'))?.workflowExecutionInfo.execution.runId).toBe('b');
    expect([...bucket.objects.keys()].some((key) => key.includes('/c/'))).toBe(false);
  });
});
