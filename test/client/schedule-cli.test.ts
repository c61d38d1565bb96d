import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { MemoryEngine } from '../../sdk/testing/memory-engine.ts';
import { served } from './memory-server.ts';

/** A Monday. */
const START = Date.UTC(2026, 0, 5, 12);
let engine: MemoryEngine;
let server: Server;

/** The engine in memory, on a real port. */
beforeEach(async () => {
  engine = new MemoryEngine(START);
  server = await served(engine);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  engine.close();
});

async function perdure(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(['schedule', ...args], {
    print: (line) => out.push(line),
    complain: (line) => err.push(line),
    colors: plain,
    env: { PERDURE_ADDRESS: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    abortSignal: new AbortController().signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

const what = ['--type', 'report', '-t', 'reports', '-i', '"sales"'];

it('creates, describes, updates, toggles, triggers, backfills, lists and deletes a schedule', async () => {
  const created = await perdure(
    ...['create', '-s', 'daily', '--cron', '0 9 * * MON-FRI', '--time-zone', 'Europe/Berlin'],
    ...['--overlap-policy', 'BufferOne', '--notes', 'for the board', ...what],
  );
  expect(created).toMatchObject({ exitCode: 0, err: '' });
  expect(created.out).toMatch(/Overlap policy +BUFFER_ONE/);
  expect(created.out).toMatch(/Times +0 9 \* \* MON-FRI\nTime zone +Europe\/Berlin\n/);
  expect(created.out).toMatch(/Buffered +0/);
  expect(created.out).toMatch(/Next +2026-01-06T08:00:00.000Z, 2026-01-07T08:00:00.000Z/);

  expect(await perdure('toggle', '-s', 'daily', '--pause', '--reason', 'a holiday')).toMatchObject({
    exitCode: 0,
  });
  const paused = await perdure('describe', '-s', 'daily');
  expect(paused.out).toMatch(/Paused +yes \(a holiday\)/);
  expect(paused.out).toContain('it is paused: a holiday');
  expect((await perdure('toggle', '-s', 'daily')).err).toContain('--pause or --unpause');
  await perdure('toggle', '-s', 'daily', '--unpause');

  expect((await perdure('trigger', '-s', 'daily')).out).toBe('The schedule is triggered.');
  const from = ['--start-time', '2026-01-01T00:00:00Z', '--end-time', '2026-01-03T00:00:00Z'];
  expect((await perdure('backfill', '-s', 'daily', '--overlap-policy', 'AllowAll', ...from)).exitCode).toBe(
    0,
  );
  await engine.settled();
  const ran = JSON.parse((await perdure('describe', '-s', 'daily', '-o', 'json')).out);
  expect(ran.info.runningWorkflows.map(({ workflowId }: { workflowId: string }) => workflowId)).toEqual([
    'daily-workflow-2026-01-05T12:00:00Z',
    'daily-workflow-2026-01-01T08:00:00Z',
    'daily-workflow-2026-01-02T08:00:00Z',
  ]);

  const updated = await perdure(
    'update',
    '-s',
    'daily',
    '--interval',
    '6h/1h',
    '--remaining-actions',
    '2',
    ...what,
  );
  expect(updated.out).toMatch(/Next +2026-01-05T13:00:00.000Z, 2026-01-05T19:00:00.000Z\n?/);
  await engine.settled();
  const listed = await perdure('list', '-q', 'TemporalSchedulePaused = false');
  expect(listed.out).toMatch(/daily +report +active +2026-01-05T13:00:00.000Z/);

  expect((await perdure('delete', '-s', 'daily')).out).toBe('The schedule is deleted.');
  await engine.settled();
  expect((await perdure('list')).out).toBe('No schedules.');
  expect(await perdure('describe', '-s', 'daily')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('schedule "daily" is not found'),
  });
});

it('a schedule whose time has passed is created with a sentence that says so', async () => {
  const once = await perdure('create', '-s', 'once', '--cron', '0 9 5 1 * 2026', ...what);
  expect(once.out).toContain('none of the times of its spec is still to come');
});

it('takes calendars as Temporal writes them, and tells when a schedule would act', async () => {
  const calendar = '{"dayOfWeek":"FRI","hour":"17","minute":"5","comment":"before the weekend"}';
  const own = ['--schedule-memo', 'owner="the board"', '--priority-key', '2'];
  const created = await perdure(
    'create',
    '-s',
    'weekly',
    '--calendar',
    calendar,
    ...own,
    ...what,
    '-o',
    'json',
  );
  expect(created).toMatchObject({ exitCode: 0, err: '' });
  const { memo, schedule } = JSON.parse(created.out);
  expect(memo.fields.owner.data).toBe(btoa('"the board"'));
  expect(schedule.action.startWorkflow.priority).toEqual({ priorityKey: 2 });
  const january = ['--start-time', '2026-01-01T00:00:00Z', '--end-time', '2026-01-12T00:00:00Z'];
  const { out } = await perdure('list-matching-times', '-s', 'weekly', ...january);
  expect(out.split('\n').map((time) => Date.parse(time))).toEqual(
    ['2026-01-02T17:05:00Z', '2026-01-09T17:05:00Z'].map(Date.parse),
  );
  const wrong = await perdure('create', '-s', 'x', '--calendar', '{"weekday":"FRI"}', ...what);
  expect(wrong).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('--calendar: weekday is none of'),
  });
  expect(await perdure('list-matching-times', '-s', 'nobody', ...january)).toMatchObject({ exitCode: 1 });
});
