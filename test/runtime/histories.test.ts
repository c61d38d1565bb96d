import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandName, commands } from '../../sdk/common/command.ts';
import {
  attributesOf,
  type HistoryEvent,
  type HistoryEventName,
  historyEventName,
  historyEvents,
  type UpdateRequestJson,
} from '../../sdk/common/history.ts';
import type { WorkflowTaskAnswer, WorkflowTaskPause } from '../../sdk/common/worker-protocol.ts';
import { commandRecordedBy } from '../../sdk/workflow/runtime/match.ts';
import { replayHistory } from '../../sdk/workflow/runtime/replay-history.ts';
import { WorkflowRun } from '../../sdk/workflow/runtime/run.ts';
import { program } from '../histories/program.ts';
import { recordProgram } from '../histories/random-programs.ts';
import { type RecordedHistory, record, scenarios, scenarioWorkflows } from '../histories/scenarios.ts';
import { silent, withoutStacks } from './driver.ts';
import { initOf } from './history-builder.ts';

const recorded = (name: string): RecordedHistory =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../histories/${name}.json`), 'utf8'));

const runIdOf = (events: HistoryEvent[]): string =>
  attributesOf(events[0]!, 'WorkflowExecutionStarted').originalExecutionRunId;

/** The updates that the task was sent, as far as it accepted them: `events` are those behind its WorkflowTaskCompleted. */
function acceptedAfter(events: HistoryEvent[]): UpdateRequestJson[] {
  const end = events.findIndex((e) => !commandRecordedBy(historyEventName(e.eventType)!));
  return events
    .slice(0, end < 0 ? undefined : end)
    .filter((e) => historyEventName(e.eventType) === 'WorkflowExecutionUpdateAccepted')
    .map((e) => attributesOf(e, 'WorkflowExecutionUpdateAccepted').acceptedRequest);
}

/**
 * Newer than some histories are the reason of a request to cancel, how a child's failure came about, and that an error of a
 * class without a name of its own has the name of its class. Older is that a failure made of an error had the error as cause,
 * too, that an error which is no application failure was recorded as one, and other words for a signal that found nobody.
 */
function asRecordedThen(now: RecordedHistory, before: RecordedHistory): RecordedHistory {
  const closed = now.history.events.at(-1)!;
  const closedThen = before.history.events.at(-1)!;
  if (historyEventName(closed.eventType) === 'WorkflowExecutionFailed') {
    const { failure } = attributesOf(closed, 'WorkflowExecutionFailed');
    const { cause, ...then } = attributesOf(closedThen, 'WorkflowExecutionFailed').failure;
    if (isDeepStrictEqual(cause, then)) failure.cause = { ...failure };
    const { applicationFailureInfo } = then;
    if (!failure.applicationFailureInfo && /Error$/.test(applicationFailureInfo?.type ?? ''))
      failure.applicationFailureInfo = applicationFailureInfo;
  }
  const unlucky = '"type":"Unlucky"';
  if (JSON.stringify(now).includes(unlucky) && !JSON.stringify(before).includes(unlucky)) {
    return JSON.parse(JSON.stringify(now).replaceAll(unlucky, '"type":"Error"')) as RecordedHistory;
  }
  if (JSON.stringify(before).includes('Signal was not delivered: ')) {
    const newer = 'Unable to signal external workflow because ';
    return JSON.parse(JSON.stringify(now).replaceAll(newer, 'Signal was not delivered: ')) as RecordedHistory;
  }
  const name = 'RequestCancelExternalWorkflowExecutionInitiated';
  for (const [i, event] of now.history.events.entries()) {
    const then = before.history.events[i];
    if (historyEventName(event.eventType) !== name || then?.eventType !== event.eventType) continue;
    if (attributesOf(then, name).reason === undefined) delete attributesOf(event, name).reason;
  }
  const newer = /Child Workflow execution (?:timed out|terminated)/g;
  if (newer.test(JSON.stringify(before))) return now;
  return JSON.parse(JSON.stringify(now).replace(newer, 'Child Workflow execution failed')) as RecordedHistory;
}

describe('recorded histories', () => {
  for (const name of Object.keys(scenarios)) {
    it(`of ${name} are what the code produces today`, async () => {
      const before = recorded(name);
      expect(asRecordedThen(withoutStacks(await record(name)), before)).toEqual(before);
    });

    it(`of ${name} replay`, async () => {
      const { history } = recorded(name);
      const { interceptors } = scenarios[name]!;
      const options = { logger: silent, interceptorModules: interceptors ? [interceptors] : [] };
      expect(await replayHistory(history, scenarioWorkflows, options)).toMatchObject({ ok: true });
    });
  }
});

describe('the recorded histories together', () => {
  const folder = join(import.meta.dirname, '../histories');
  const all = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => recorded(file.slice(0, -'.json'.length)));
  const typesIn = ({ history }: RecordedHistory) =>
    new Set(history.events.map(({ eventType }) => historyEventName(eventType)!));
  const holding = (wanted: (name: HistoryEventName) => boolean): number =>
    all.filter((one) => [...typesIn(one)].some(wanted)).length;

  it('are many', () => {
    expect(all.length).toBeGreaterThanOrEqual(150);
  });

  it('show every event that the engine writes at least three times', () => {
    const names = Object.keys(historyEvents) as HistoryEventName[];
    const rare = names.filter((name) => holding((other) => other === name) < 3);
    expect(rare).toEqual([]);
  });

  it('show every command that workflow code can issue at least three times', () => {
    const names = Object.keys(commands) as CommandName[];
    // The two messages of an update that are recorded stand for the command that carries them.
    const rare = names.filter((name) => holding((event) => commandRecordedBy(event) === name) < 3);
    expect(rare).toEqual([]);
  });
});

describe('random programs', () => {
  const seeds = fc.integer({ min: 0, max: 1_000_000 });

  it('replay from their histories', async () => {
    const replays = fc.asyncProperty(seeds, async (seed) => {
      const { history } = await recordProgram(seed);
      expect(await replayHistory(history, { program }, { logger: silent })).toMatchObject({ ok: true });
    });
    await fc.assert(replays, { numRuns: 60 });
  });

  it('answer a session fed in pieces of any size as they answer one fed everything at once', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 });
    const same = fc.asyncProperty(seeds, pieces, async (seed, sizes) => {
      const { history } = await recordProgram(seed);
      const runId = runIdOf(history.events);
      const lastStarted = history.events.findLastIndex(
        (e) => historyEventName(e.eventType) === 'WorkflowTaskStarted',
      );
      const events = history.events.slice(0, lastStarted + 1);
      const open = (): WorkflowRun =>
        new WorkflowRun(initOf('program', runId), { workflows: { program }, logger: silent });

      const inPieces = open();
      let at = 0;
      for (let i = 0; at + sizes[i % sizes.length]! < events.length; i++) {
        const size = sizes[i % sizes.length]!;
        await inPieces.feed(events.slice(at, at + size));
        at += size;
      }
      const answer = await inPieces.runWorkflowTask(events.slice(at));
      expect(withoutStacks(answer)).toEqual(withoutStacks(await open().runWorkflowTask(events)));
    });
    await fc.assert(same, { numRuns: 60 });
  });

  it('answer a session that runs every task live as a replay of it would', async () => {
    const same = fc.asyncProperty(seeds, async (seed) => {
      const { history } = await recordProgram(seed);
      const runId = runIdOf(history.events);
      const session = new WorkflowRun(initOf('program', runId), { workflows: { program }, logger: silent });
      let fed = 0;
      let answer: WorkflowTaskAnswer | WorkflowTaskPause | undefined;
      for (const [i, event] of history.events.entries()) {
        const name = historyEventName(event.eventType);
        const next = history.events[i + 1];
        if (
          name !== 'WorkflowTaskStarted' ||
          !next ||
          historyEventName(next.eventType) !== 'WorkflowTaskCompleted'
        )
          continue;
        answer = await session.runWorkflowTask(
          history.events.slice(fed, i + 1),
          acceptedAfter(history.events.slice(i + 2)),
        );
        expect(answer).toHaveProperty('completed');
        fed = i + 1;
      }
      // The events of the last task's commands fit too.
      expect(await session.replay(history.events.slice(fed))).toEqual({ openTask: [] });
    });
    await fc.assert(same, { numRuns: 40 });
  });
});
