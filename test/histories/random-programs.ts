/** Random programs for the workflow `program`, and random lives for the runs of them. The same seed gives the same history. */

import { Driver, type Judge } from '../runtime/driver.ts';
import { applicationFailure, payloads } from '../runtime/history-builder.ts';
import { attributesOf } from '../../sdk/common/history.ts';
import { withDefaults } from '../../sdk/common/retry-policy.ts';
import { type Change, type Program, program } from './program.ts';
import type { RecordedHistory } from './scenarios.ts';

type Random = (below: number) => number;

/** A linear congruential generator: good enough to pick tests with. */
function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

const CANCELLATION_TYPES = ['WAIT_CANCELLATION_COMPLETED', 'TRY_CANCEL', 'ABANDON'] as const;

const CHILD_CANCELLATION_TYPES = [
  'WAIT_CANCELLATION_COMPLETED',
  'WAIT_CANCELLATION_REQUESTED',
  'TRY_CANCEL',
  'ABANDON',
] as const;

function randomProgram(random: Random, depth: number): Program {
  const sub = (): Program => randomProgram(random, depth - 1);
  const several = (): Program[] => Array.from({ length: 1 + random(3) }, sub);
  const leaves: Array<() => Program> = [
    () => ({ op: 'activity', cancellationType: CANCELLATION_TYPES[random(3)]! }),
    () => ({ op: 'activity', cancellationType: CANCELLATION_TYPES[random(3)]! }),
    () => ({ op: 'sleep', ms: random(4) * 1_000 }),
    () => ({ op: 'timeout', ms: random(4) * 1_000 }),
    () => ({ op: 'signalled', count: 1 + random(3), ...(random(2) && { timeoutMs: random(3) * 1_000 }) }),
    () => ({ op: 'seen', entries: random(6) }),
    () => ({ op: 'trigger' }),
    () => ({ op: 'random' }),
    () => ({ op: 'tick' }),
    () => ({ op: 'throw' }),
    () => ({ op: 'patched', id: 'abc'[random(3)]! }),
    () => randomChild(random),
    () => randomChild(random),
    () => ({ op: 'other', how: random(2) ? 'signal' : 'cancel', shielded: random(3) === 0 }),
    () => ({ op: 'upsert' }),
    () => ({ op: 'late' }),
    () => (random(3) ? { op: 'late' } : { op: 'continue' }),
  ];
  const nodes: Array<() => Program> = [
    () => ({ op: 'sequence', of: several() }),
    () => ({ op: 'sequence', of: several() }),
    () => ({ op: 'all', of: several() }),
    () => ({ op: 'race', of: several() }),
    () => ({ op: 'settled', of: several() }),
    () => ({ op: 'caught', of: sub() }),
    () => ({ op: 'scope', cancellable: random(3) > 0, ...(random(2) && { timeoutMs: random(4) * 1_000 }), of: sub() }),
    () => ({ op: 'cancelled', of: sub(), after: sub() }),
    () => ({ op: 'cancelled', of: { op: 'settled', of: [randomChild(random), ...several()] }, after: sub() }),
    () => ({ op: 'detached', of: sub() }),
  ];
  const choices = depth === 0 ? leaves : [...leaves, ...nodes, ...nodes];
  return choices[random(choices.length)]!();
}

function randomChild(random: Random): Program {
  const cancellationType = CHILD_CANCELLATION_TYPES[random(4)]!;
  const how = (['execute', 'start', 'signal'] as const)[random(3)]!;
  return { op: 'child', how, cancellationType, named: random(2) > 0, shielded: random(3) === 0 };
}

function randomChange(random: Random): Change {
  const ends = (['well', 'well', 'badly', 'refuse'] as const)[random(4)]!;
  return { ends, ...(random(2) && { handler: randomProgram(random, 1) }) };
}

/** The next thing in a child's life; false when there is no child. */
function childLives({ history: { others } }: Driver, random: Random): boolean {
  const open = [...others.children];
  if (open.length === 0) return false;
  const [id, child] = open[random(open.length)]!;
  const move = random(8);
  if (!child.started && move < 4) others.startChild(id);
  else if (!child.started && move === 4) others.failChildStart(id);
  else if (child.cancelRequested && move < 6) others.cancelChild(id);
  // Temporal's core has no place for a child that is cancelled in the task that sees it terminated.
  else if (move === 5 && id.endsWith('-shielded')) others.terminateChild(id);
  else if (move === 6) others.failChild(id, applicationFailure('child'));
  else if (move === 7) others.timeOutChild(id);
  else others.completeChild(id, random(100));
  return true;
}

/** A signal or request to another workflow arrives; false when there is none. */
function sentArrives({ history: { others } }: Driver, random: Random): boolean {
  const sent = [...others.sent];
  if (sent.length === 0) return false;
  const [id, { kind, workflowExecution }] = sent[random(sent.length)]!;
  // Nor has it one for a signal that is cancelled in the task that sees it fail.
  const mayFail = kind === 'cancel' || workflowExecution.workflowId === 'other-shielded';
  others.settle(id, mayFail && random(3) === 0 ? 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND' : undefined);
  return true;
}

function isAbandoned({ history }: Driver, activityId: string): boolean {
  const { scheduledEventId } = history.activities.get(activityId)!;
  const scheduled = history.events[Number(scheduledEventId) - 1]!;
  return attributesOf(scheduled, 'ActivityTaskScheduled').activityType.name.startsWith('A');
}

/** Something from outside: an outcome, a timer, a message, rarely a request to cancel. */
function arrive(run: Driver, random: Random, withHandlers: boolean): void {
  const other = random(4);
  if (other === 0 && childLives(run, random)) return;
  if (other === 1 && sentArrives(run, random)) return;
  if (other === 2 && random(2) && withHandlers) {
    run.history.update(random(3) ? 'change' : 'late', randomChange(random));
    return;
  }

  const { history } = run;
  const activities = [...history.activities.entries()];
  const timers = [...history.timers.keys()];
  const kind = random(10);
  if (kind < 4 && activities.length > 0) {
    const [id, { cancelRequestedEventId }] = activities[random(activities.length)]!;
    const outcome = random(5);
    if (cancelRequestedEventId && outcome < 3) history.cancelActivity(id);
    // Temporal's core has no place for an abandoned activity that fails: it may only complete.
    else if (outcome === 3 && !isAbandoned(run, id)) history.failActivity(id);
    else if (outcome === 4 && !isAbandoned(run, id)) history.timeOutActivity(id);
    else history.completeActivity(id, random(100));
  } else if (kind < 8 && timers.length > 0) {
    history.fireTimer(timers[random(timers.length)]!);
  } else if (random(12) === 0) {
    history.requestCancel();
  } else {
    history.signal('poke', ...(withHandlers && random(2) ? [randomProgram(random, 1)] : []));
  }
}

async function ask(run: Driver, what: 'all' | 'nothing'): Promise<void> {
  try {
    await run.query('trace', what);
  } catch (error) {
    if ((error as Error).message !== 'asked for nothing') throw error;
  }
}

export const programOf = (seed: number): Program => randomProgram(randomFrom(seed), 3);

/** `judge` sees every task; `smaller` takes the place of the seed's program, in the life of that seed but in a run of its own. */
export async function recordProgram(
  seed: number,
  { judge, smaller }: { judge?: Judge; smaller?: { program: Program; run: number } } = {},
): Promise<RecordedHistory> {
  const random = randomFrom(seed);
  const main = randomProgram(random, 3);
  const again = String(smaller?.run ?? 0).padStart(4, '0');
  const runId = `0198c0de-${again}-7000-8000-${String(seed).padStart(12, '0')}`;
  const ending = (['well', 'well', 'badly', 'as it came', 'as it came'] as const)[random(5)];
  // Fields that a run which continues as new hands on.
  const started = {
    ...(random(3) === 0 && { memo: { fields: { given: payloads('memo')!.payloads[0]! } } }),
    ...(random(3) === 0 && { searchAttributes: { indexedFields: { Given: payloads(['x'])!.payloads[0]! } } }),
    ...(random(3) === 0 && { retryPolicy: withDefaults({ maximumAttempts: 3 }) }),
  };
  const run = new Driver(program, { args: [smaller?.program ?? main, ending], started, runId, ...(judge && { judge }) });
  for (let signals = random(3); signals > 0 && random(2); signals--) arrive(run, random, true);
  for (let tasks = 0; !run.history.closed && tasks < 60; tasks++) {
    // A lost task that was for updates alone must leave no events: Temporal's replayer takes the task before it, if it had
    // no commands, for a heartbeat of the one behind it, and so do we.
    if (random(12) === 0) await run.lostTask(random(2) ? 'failed' : 'timedOut', () => arrive(run, random, tasks < 20), true);
    await run.task(random(3) ? undefined : () => arrive(run, random, tasks < 20));
    if (random(4) === 0 && !run.history.closed) await ask(run, random(4) ? 'all' : 'nothing');
    if (!run.history.closed) for (let n = 1 + random(3); n > 0; n--) arrive(run, random, tasks < 20);
    if (random(6) === 0) run.restart();
  }
  const history = { events: run.history.events };
  return { name: `program-${seed}`, workflowType: 'program', workflows: 'test/histories/program.ts', history };
}
