/**
 * I44: every nominal time comes to exactly one thing (a run, or a count that says why not), a pause takes none, and no
 * two runs stand side by side that the overlap policy keeps apart. Judged by the commits of schedules and of the runs
 * that they start, by arithmetic of its own.
 */

import { attributesOf, type LogEvent } from '../../sdk/common/history.ts';
import { remainingActions } from '../../src/schedule/policies.ts';
import { Spec } from '../../src/schedule/spec.ts';
import type { BufferedStart, ScheduleState } from '../../src/schedule/state.ts';
import { listEntry } from '../../src/schedule/views.ts';
import type { HistoryCheck } from '../checker/history-check.ts';
import { check } from '../checker/violation.ts';
import type { Owner } from './objects.ts';
import type { ScheduleOwner } from './schedules.ts';
import type { World } from './world.ts';

interface Started {
  id: string;
  workflowId: string;
  runId: string;
  /** It may stand beside others, and they beside it: whatever else was decided before may begin later. */
  beside: boolean;
}

const acts = (state: ScheduleState): boolean => !state.definition.state.paused && remainingActions(state) > 0;
const COUNTS = ['overlapSkipped', 'missedCatchupWindow', 'bufferDropped'] as const;

export class ScheduleCheck {
  readonly #world: World;
  readonly #owner: (workflowId: string) => Owner;
  readonly #schedule: (scheduleId: string) => ScheduleOwner;
  /** By schedule and the time of its creation. */
  readonly #started = new Map<string, Started[]>();
  readonly #decided = new Map<string, Set<string>>();
  /** Decided on when runs were allowed to stand beside each other; an update in the same turn may have ended that. */
  readonly #allowed = new Map<string, Set<string>>();

  constructor(
    world: World,
    owner: (workflowId: string) => Owner,
    schedule: (scheduleId: string) => ScheduleOwner,
  ) {
    this.#world = world;
    this.#owner = owner;
    this.#schedule = schedule;
  }

  /** A schedule has committed. */
  committed({ name, state }: ScheduleOwner, before: ScheduleState | undefined): void {
    if (!state || state.deleted) return;
    const old = before && !before.deleted && before.createTime === state.createTime ? before : undefined;
    const at = `I44: schedule ${name} at ${this.#world.clock}`;
    const times = this.#timesDue(old);
    const decided = setOf(this.#decided, keyOf(state));
    const known = new Set([...(old?.starting ?? []), ...(old?.buffer ?? [])].map(({ id }) => id));
    for (const start of [...state.starting, ...state.buffer]) {
      if (known.has(start.id)) continue;
      check(start.manual || times.has(start.nominal), `${at}: ${start.id} is not due`);
      check(!decided.has(start.id), `${at}: ${start.id} is decided on twice`);
    }
    const allowed = setOf(this.#allowed, keyOf(state));
    for (const start of state.starting) {
      if (decided.has(start.id)) continue;
      decided.add(start.id);
      if ([old, state].some((of) => of && policyOf(of, start) === 'ALLOW_ALL')) allowed.add(start.id);
    }
    this.#balance(state, old, times.size, at);
    for (const { workflowId, runId } of state.running) {
      const ours = this.#runsOf(state).some((run) => run.workflowId === workflowId && run.runId === runId);
      check(ours, `${at}: ${workflowId}, run ${runId}, is not a run of it`);
    }
    this.#count(state, old);
  }

  /** What the spec names from where the schedule stood until now. */
  #timesDue(old: ScheduleState | undefined): Set<number> {
    if (!old || !acts(old)) return new Set();
    const { clock } = this.#world;
    const spec = new Spec(old.definition.spec);
    const times = [...spec.between(old.cursor, clock)];
    return new Set(times.filter((time) => spec.jittered(time, old.scheduleId) <= clock));
  }

  /**
   * What came in is what is there, or counted. Only a pause, or the last action, drops what waited. The last one may have been
   * taken in the turn of an update that allows more: the times before it are those of the old definition.
   */
  #balance(state: ScheduleState, old: ScheduleState | undefined, times: number, at: string): void {
    const out = (of: ScheduleState | undefined): number =>
      of
        ? of.actionCount +
          of.starting.length +
          of.buffer.length +
          COUNTS.reduce((sum, name) => sum + of[name], 0)
        : 0;
    const came = times + state.manualCount - (old?.manualCount ?? 0);
    const went = out(state) - out(old);
    const spent = old && state.revision !== old.revision && remainingActions(old) <= came;
    if (acts(state) && !spent) check(went === came, `${at}: of ${came} times ${went} are accounted for`);
    else {
      const droppable = times + (old?.buffer ?? []).filter(({ manual }) => !manual).length;
      check(went <= came && went >= came - droppable, `${at}: of ${came} times ${went} are accounted for`);
    }
    const given = old && state.revision === old.revision;
    if (given && state.definition.state.limitedActions)
      check(remainingActions(state) >= 0, `${at}: took more actions than it may`);
  }

  #count(state: ScheduleState, old: ScheduleState | undefined): void {
    const { coverage } = this.#world;
    for (const name of [...COUNTS, 'actionCount'] as const)
      if (state[name] > (old?.[name] ?? 0)) coverage.count('schedules', name);
    if (state.buffer.length > 0) coverage.count('schedules', 'waits');
    for (const { ending } of state.running) if (ending) coverage.count('schedules', ending);
    const notes = state.definition.state.notes;
    if (notes?.startsWith('paused due to') && notes !== old?.definition.state.notes)
      coverage.count('schedules', 'pauseOnFailure');
  }

  /** After each commit of a workflow. */
  ran(owner: Owner, added: Array<{ runNumber: number; events: LogEvent[] }>): void {
    for (const { runNumber, events } of added) {
      const run = owner.runs[runNumber]!;
      for (const event of events) {
        if (!('transient' in event) || event.transient !== 'RequestIdRecorded') continue;
        const { requestId, requestKind, runId, refused } = event.attributes;
        const [, scheduleId, createTime, id] =
          /^schedule\/([^/]+)\/(\d+)\/(.+)$/.exec(requestId) ?? ([] as string[]);
        if (requestKind !== 'StartWorkflowExecution' || refused || !id || runId !== run.runId) continue;
        this.#began(owner, run, { scheduleId: scheduleId!, createTime: Number(createTime), id });
      }
    }
  }

  #began(owner: Owner, run: HistoryCheck, of: { scheduleId: string; createTime: number; id: string }): void {
    const at = `I44: ${owner.workflowId}, run ${run.runId}, of ${of.scheduleId} ${of.id}`;
    const others = this.#runsOf(of);
    check(!others.some(({ id }) => id === of.id), `${at}, is the second of its time`);
    const { state } = this.#schedule(of.scheduleId);
    let beside = true;
    if (state && !state.deleted && state.createTime === of.createTime) {
      const start = state.starting.find(({ id }) => id === of.id);
      check(start, `${at}, was not asked for`);
      check(start.workflowId === owner.workflowId, `${at}, should be ${start.workflowId}`);
      const policy = policyOf(state, start);
      beside = setOf(this.#allowed, keyOf(of)).has(of.id);
      for (const other of others)
        if (!beside && !other.beside)
          check(!this.#isOpen(other), `${at}, stands beside ${other.id} against ${policy ?? 'SKIP'}`);
      this.#world.coverage.count('schedules', `started ${policy ?? 'SKIP'}`);
    }
    others.push({ id: of.id, workflowId: owner.workflowId, runId: run.runId, beside });
  }

  /** A chain that an operator has reset after its end is nobody's any more. */
  #isOpen({ workflowId, runId }: Started): boolean {
    const chain = this.#owner(workflowId).runs.filter((run) => firstOf(run) === runId);
    return chain.some((run) => !run.closed) && !chain.some(({ reset }) => reset);
  }

  #runsOf(of: { scheduleId: string; createTime: number }): Started[] {
    const key = keyOf(of);
    const runs = this.#started.get(key) ?? [];
    this.#started.set(key, runs);
    return runs;
  }

  /** When all is over. */
  finally(schedules: Iterable<ScheduleOwner>): void {
    for (const { name, state } of schedules) {
      const row = this.#world.schedules
        .list(() => true, 1_000, '')
        .find((entry) => entry.scheduleId === name);
      if (!state) {
        check(!row, `I45: schedule ${name} is deleted, and listed`);
        continue;
      }
      const entry = listEntry(state, new Spec(state.definition.spec));
      // What is still to come is said as of the last change: time passes.
      for (const { info } of row ? [row, entry] : []) info.futureActionTimes = [];
      check(
        JSON.stringify(row) === JSON.stringify(entry),
        `I45: schedule ${name} is listed as ${JSON.stringify(row)}, and is ${JSON.stringify(entry)}`,
      );
      this.#outcomes(state);
    }
  }

  #outcomes(state: ScheduleState): void {
    const at = `I44: schedule ${state.scheduleId}`;
    const runs = this.#runsOf(state);
    check(
      runs.length === state.actionCount,
      `${at} counts ${state.actionCount} actions, it took ${runs.length}`,
    );
    for (const { workflowId, runId, status } of state.recent) {
      const chain = this.#owner(workflowId).runs.filter((run) => firstOf(run) === runId);
      if (chain.some(({ reset }) => reset)) continue;
      const last = chain.at(-1)!.events.at(-1)!.eventType;
      check(
        last === `EVENT_TYPE_WORKFLOW_EXECUTION_${status}`,
        `${at} takes ${workflowId} for ${status}: ${last}`,
      );
    }
  }
}

const policyOf = (
  { definition }: ScheduleState,
  { overlap }: Pick<BufferedStart, 'overlap'>,
): string | undefined =>
  overlap ?? definition.policies.overlapPolicy?.slice('SCHEDULE_OVERLAP_POLICY_'.length);
const firstOf = (run: HistoryCheck): string =>
  attributesOf(run.events[0]!, 'WorkflowExecutionStarted').firstExecutionRunId;
const keyOf = ({ scheduleId, createTime }: { scheduleId: string; createTime: number }): string =>
  `${scheduleId}/${createTime}`;

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const set = map.get(key) ?? new Set();
  map.set(key, set);
  return set;
}
