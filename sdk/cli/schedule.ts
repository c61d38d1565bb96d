/** `perdure schedule …`: create schedules, look at them, steer them. */

import { type Command, InvalidArgumentError } from 'commander';
import { toClientError } from '../client/errors.ts';
import {
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
  type ScheduleSummary,
} from '../client/index.ts';
import {
  addCommand,
  collectJson,
  collectJsonPairs,
  durationText,
  type Invocation,
  noun,
  positiveInteger,
  type Terminal,
} from './context.ts';
import { inputFlags } from './input.ts';
import { problemLines, table } from './render.ts';
import { specRows } from './schedule-text.ts';
import { asLists, type PriorityFlags, priorityFlags, priorityOf } from './start-flags.ts';

interface ScheduleFlags {
  scheduleId: string;
}
interface SpecFlags {
  cron?: string[];
  calendar?: unknown[];
  interval?: string[];
  timeZone?: string;
  startTime?: string;
  endTime?: string;
  jitter?: string;
}
interface PolicyFlags {
  overlapPolicy?: ScheduleOverlapPolicy;
  catchupWindow?: string;
  pauseOnFailure?: boolean;
  paused?: boolean;
  notes?: string;
  remainingActions?: number;
}
interface ActionFlags extends PriorityFlags {
  type: string;
  taskQueue: string;
  workflowId?: string;
  input?: unknown[];
  executionTimeout?: string;
  runTimeout?: string;
  taskTimeout?: string;
  memo?: Record<string, unknown>;
  searchAttribute?: Record<string, unknown>;
  staticSummary?: string;
  staticDetails?: string;
}
interface OwnFlags {
  scheduleMemo?: Record<string, unknown>;
  scheduleSearchAttribute?: Record<string, unknown>;
}
type CreateFlags = ScheduleFlags & SpecFlags & PolicyFlags & ActionFlags & OwnFlags;

const many = (text: string, previous: string[] = []): string[] => [...previous, text];
/** `1h`, or `1h/15m`. */
function intervals(text: string, previous?: string[]): string[] {
  for (const part of text.split('/')) durationText(part);
  return many(text, previous);
}
const POLICIES = Object.keys(ScheduleOverlapPolicy).map((name) =>
  name.toLowerCase().replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()),
);
function overlapPolicy(text: string): string {
  const name = text.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  if (Object.hasOwn(ScheduleOverlapPolicy, name)) return name;
  throw new InvalidArgumentError(`It is one of ${POLICIES.join(', ')}.`);
}

const idFlag = (command: Command): Command =>
  command.requiredOption('-s, --schedule-id <id>', 'the schedule');
const overlapFlag = (command: Command): Command =>
  command.option(
    '--overlap-policy <policy>',
    `${POLICIES.slice(0, -1).join(', ')} or ${POLICIES.at(-1)}`,
    overlapPolicy,
  );
const scheduleFlags = (command: Command): Command =>
  priorityFlags(inputFlags(overlapFlag(idFlag(command))))
    .option(
      '--calendar <json>',
      `fields as in cron: '{"dayOfWeek":"FRI","hour":"17","minute":"5"}'; repeat for more`,
      collectJson,
    )
    .option('--cron <expression>', `for example '0 9 * * MON-FRI'; repeat for more`, many)
    .option(
      '--interval <every>',
      `for example '1h', or '1h/15m' for a quarter past; repeat for more`,
      intervals,
    )
    .option('--time-zone <name>', 'for example Europe/Berlin; default UTC')
    .option('--start-time <time>', 'no action before')
    .option('--end-time <time>', 'no action after')
    .option('--jitter <duration>', 'each action comes up to so much later')
    .option('--catchup-window <duration>', 'make up for actions missed by at most this')
    .option('--pause-on-failure', 'pause when a workflow fails or times out')
    .option('--paused', 'pause at once')
    .option('--notes <text>', 'a note')
    .option('--remaining-actions <n>', 'take so many actions', positiveInteger)
    .requiredOption('--type <name>', 'workflow type')
    .requiredOption('-t, --task-queue <name>', 'where Workers for it are looked for')
    .option('-w, --workflow-id <id>', 'the time of the action is appended')
    .option('--execution-timeout <duration>', 'bound for all runs of a chain')
    .option('--run-timeout <duration>', 'bound for one run')
    .option('--task-timeout <duration>', 'bound for one workflow task')
    .option('--memo <key=json>', "the workflow's memo; repeat for more", collectJsonPairs)
    .option(
      '--search-attribute <key=json>',
      "the workflow's; a value by name; repeat for more",
      collectJsonPairs,
    )
    .option('--static-summary <text>', 'one line about each workflow')
    .option('--static-details <text>', 'a longer text about each workflow');
const createFlags = (command: Command): Command =>
  scheduleFlags(command)
    .option('--schedule-memo <key=json>', "the schedule's own; repeat for more", collectJsonPairs)
    .option(
      '--schedule-search-attribute <key=json>',
      "the schedule's own; repeat for more",
      collectJsonPairs,
    );
const periodFlags = (command: Command, from: string, to: string): Command =>
  command.requiredOption('--start-time <time>', from).requiredOption('--end-time <time>', to);

export function scheduleCommand(terminal: Terminal): Command {
  const schedule = noun('schedule', 'create, inspect and control schedules');
  const add = <F>(
    name: string,
    description: string,
    define: (command: Command) => Command,
    action: (invocation: Invocation<F>) => Promise<void>,
  ): void => addCommand(schedule, terminal, [name, description], define, action);

  add<CreateFlags>('create', 'create a schedule', createFlags, create);
  add<CreateFlags>('update', 'replace what a schedule is', scheduleFlags, update);
  add<ScheduleFlags>('describe', 'what a schedule does, and what keeps it from acting', idFlag, describe);
  add<ScheduleFlags & ToggleFlags>(
    'toggle',
    'pause or unpause a schedule',
    (c) =>
      idFlag(c)
        .option('--pause', 'pause it')
        .option('--unpause', 'unpause it')
        .option('--reason <text>', 'why'),
    toggle,
  );
  add<ScheduleFlags & PolicyFlags>('trigger', 'act at once', (c) => overlapFlag(idFlag(c)), trigger);
  add<ScheduleFlags & PolicyFlags & BackfillFlags>(
    'backfill',
    'act for times in the past',
    (c) => periodFlags(overlapFlag(idFlag(c)), 'after this time', 'up to and with this time'),
    backfill,
  );
  add<ScheduleFlags & BackfillFlags>(
    'list-matching-times',
    'when a schedule would act',
    (c) => periodFlags(idFlag(c), 'from this time', 'up to this time'),
    matchingTimes,
  );
  add<ScheduleFlags>('delete', 'delete a schedule; its workflows go on', idFlag, remove);
  add<{ query?: string; limit: number }>(
    'list',
    'list schedules by id',
    (c) =>
      c
        .option('-q, --query <filter>', 'for example "TemporalSchedulePaused = true"')
        .option('--limit <n>', 'at most this many', positiveInteger, 20),
    list,
  );
  return schedule;
}

interface ToggleFlags {
  pause?: boolean;
  unpause?: boolean;
  reason?: string;
}
interface BackfillFlags {
  startTime: string;
  endTime: string;
}

function time(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError(`"${text}" is no time; write 2026-01-05T09:00:00Z`);
  return date;
}

/** Temporal's form of a calendar, as the cron string that it stands for: with seconds in front and the year at the end. */
function cronOf(calendar: unknown): string {
  const texts = calendar as Record<string, string | number | undefined>;
  const known = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek', 'year', 'comment'];
  const strange = Object.keys(Object(calendar)).find((name) => !known.includes(name));
  if (typeof calendar !== 'object' || calendar === null || strange)
    throw new InvalidArgumentError(
      `--calendar: ${strange ?? JSON.stringify(calendar)} is none of ${known.join(', ')}`,
    );
  const field = (name: string, i: number): string =>
    String(texts[name] ?? (i < 3 ? '0' : '*')).replaceAll(' ', '');
  const comment = texts.comment === undefined ? '' : ` # ${texts.comment}`;
  return known.slice(0, -1).map(field).join(' ') + comment;
}

function specOf(flags: SpecFlags): ScheduleSpec {
  const { interval, timeZone, startTime, endTime, jitter } = flags;
  const cron = [...(flags.cron ?? []), ...(flags.calendar ?? []).map(cronOf)];
  return {
    ...(cron.length > 0 && { cronExpressions: cron }),
    ...(interval && {
      intervals: interval.map((text) => {
        const [every, offset] = text.split('/') as [string, string | undefined];
        return { every, ...(offset && { offset }) };
      }),
    }),
    ...(timeZone && { timezone: timeZone }),
    ...(startTime && { startAt: time(startTime) }),
    ...(endTime && { endAt: time(endTime) }),
    ...(jitter && { jitter }),
  };
}

function optionsOf(flags: CreateFlags): Omit<ScheduleOptions, 'scheduleId' | 'memo'> & { state: object } {
  const { executionTimeout, runTimeout, taskTimeout, overlapPolicy: overlap, notes: note } = flags;
  const { catchupWindow, pauseOnFailure, paused, remainingActions, workflowId, memo } = flags;
  const { searchAttribute, staticSummary, staticDetails } = flags;
  return {
    spec: specOf(flags),
    action: {
      type: 'startWorkflow',
      workflowType: flags.type,
      taskQueue: flags.taskQueue,
      args: (flags.input ?? []) as [],
      ...(workflowId && { workflowId }),
      ...(executionTimeout && { workflowExecutionTimeout: executionTimeout }),
      ...(runTimeout && { workflowRunTimeout: runTimeout }),
      ...(taskTimeout && { workflowTaskTimeout: taskTimeout }),
      ...(memo && { memo }),
      ...(searchAttribute && { searchAttributes: asLists(searchAttribute) }),
      ...(staticSummary && { staticSummary }),
      ...(staticDetails && { staticDetails }),
      ...priorityOf(flags),
    },
    policies: {
      ...(overlap && { overlap }),
      ...(catchupWindow && { catchupWindow }),
      ...(pauseOnFailure && { pauseOnFailure }),
    },
    state: {
      ...(paused && { paused }),
      ...(note && { note }),
      ...(remainingActions && { remainingActions }),
    },
  };
}

async function create(invocation: Invocation<CreateFlags>): Promise<void> {
  const { client, flags } = invocation;
  const { scheduleId, scheduleMemo: memo, scheduleSearchAttribute: attributes } = flags;
  await client.schedule.create({
    scheduleId,
    ...optionsOf(flags),
    ...(memo && { memo }),
    ...(attributes && { searchAttributes: asLists(attributes) }),
  } as ScheduleOptions);
  await describe(invocation);
}

async function update(invocation: Invocation<CreateFlags>): Promise<void> {
  const { client, flags } = invocation;
  await client.schedule.getHandle(flags.scheduleId).update(() => optionsOf(flags));
  await describe(invocation);
}

async function describe({ client, flags, show, terminal }: Invocation<ScheduleFlags>): Promise<void> {
  const { scheduleId, action, policies, state, info, raw } = await client.schedule
    .getHandle(flags.scheduleId)
    .describe();
  const lines = (dates: Date[]): string => dates.map((date) => date.toISOString()).join(', ') || 'none';
  const rows = [
    ['Schedule', scheduleId],
    ['Workflow type', action.workflowType],
    ['Task queue', action.taskQueue],
    ...specRows(raw.schedule.spec ?? {}),
    ['Overlap policy', policies.overlap],
    ['Catch-up window', raw.schedule.policies?.catchupWindow ?? 'the default'],
    ['Paused', `${state.paused ? 'yes' : 'no'}${state.note ? ` (${state.note})` : ''}`],
    ['Actions taken', String(info.numActionsTaken)],
    ['Skipped, missed', `${info.numActionsSkippedOverlap}, ${info.numActionsMissedCatchupWindow}`],
    ['Running', info.runningActions.map(({ workflow }) => workflow.workflowId).join(', ') || 'none'],
    ['Buffered', raw.info.bufferSize],
    ['Recent', lines(info.recentActions.map(({ scheduledAt }) => scheduledAt))],
    ['Next', lines(info.nextActionTimes)],
  ];
  show(raw, [table(rows), ...problemLines(raw.problems, terminal.colors)].join('\n'));
}

async function toggle({ client, flags, show }: Invocation<ScheduleFlags & ToggleFlags>): Promise<void> {
  const { scheduleId, pause, unpause, reason } = flags;
  if (Boolean(pause) === Boolean(unpause))
    throw new InvalidArgumentError('Say what to do: --pause or --unpause.');
  const handle = client.schedule.getHandle(scheduleId);
  await (pause ? handle.pause(reason) : handle.unpause(reason));
  show({ scheduleId, paused: Boolean(pause) }, pause ? 'The schedule is paused.' : 'The schedule goes on.');
}

async function trigger({ client, flags, show }: Invocation<ScheduleFlags & PolicyFlags>): Promise<void> {
  await client.schedule.getHandle(flags.scheduleId).trigger(flags.overlapPolicy);
  show({ scheduleId: flags.scheduleId, triggered: true }, 'The schedule is triggered.');
}

async function backfill(invocation: Invocation<ScheduleFlags & PolicyFlags & BackfillFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  const { scheduleId, startTime, endTime, overlapPolicy: overlap } = flags;
  const period = { start: time(startTime), end: time(endTime), ...(overlap && { overlap }) };
  await client.schedule.getHandle(scheduleId).backfill(period);
  show({ scheduleId, backfilled: true }, 'The backfill is recorded.');
}

async function matchingTimes(invocation: Invocation<ScheduleFlags & BackfillFlags>): Promise<void> {
  const { client, flags, show } = invocation;
  const { scheduleId } = flags;
  const [startTime, endTime] = [time(flags.startTime).toISOString(), time(flags.endTime).toISOString()];
  const reply = await client.workflowService
    .listScheduleMatchingTimes({ namespace: client.namespace, scheduleId, startTime, endTime })
    .catch((error) => {
      throw toClientError(error, 'list the times');
    });
  show(reply, reply.startTime?.join('\n') || 'None in this time.');
}

async function remove({ client, flags, show }: Invocation<ScheduleFlags>): Promise<void> {
  await client.schedule.getHandle(flags.scheduleId).delete();
  show({ scheduleId: flags.scheduleId, deleted: true }, 'The schedule is deleted.');
}

async function list(invocation: Invocation<{ query?: string; limit: number }>): Promise<void> {
  const { client, flags, show } = invocation;
  const found: ScheduleSummary[] = [];
  const { query, limit } = flags;
  for await (const summary of client.schedule.list({ ...(query && { query }), pageSize: limit })) {
    found.push(summary);
    if (found.length >= limit) break;
  }
  const rows = found.map(({ scheduleId, action, state, info }) => [
    scheduleId,
    action?.workflowType ?? '',
    state.paused ? 'paused' : 'active',
    // A schedule that is paused takes none of its times.
    (state.paused ? undefined : info.nextActionTimes[0]?.toISOString()) ?? '',
  ]);
  const heading = ['Schedule', 'Workflow type', 'State', 'Next action'];
  show(found, rows.length > 0 ? table([heading, ...rows]) : 'No schedules.');
}
