/**
 * Temporal's SDK beside ours: `node test/differential/main.ts` (options.ts says how). Random programs live random lives;
 * every workflow task goes to our runtime and to a real Worker of Temporal's, with the same history, and both must ask for
 * the same commands. What they disagree on is made small and printed.
 */

import { commandLine } from '../../scripts/lib/options.ts';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { attributesOf, historyEventName } from '../../sdk/common/history.ts';
import { commandRecordedBy } from '../../sdk/workflow/runtime/match.ts';
import type { Program } from '../histories/program.ts';
import { programOf, recordProgram } from '../histories/random-programs.ts';
import type { Judge } from '../runtime/driver.ts';
import { answeredByThem, answeredByUs, askedByThem, askedByUs, inTheirOrder } from './compare.ts';
import { conformance } from './options.ts';
import { smallerPrograms } from './shrink.ts';
import { startTemporalWorker, type TemporalWorker } from './theirs.ts';

class Disagreement extends Error {
  readonly ours: string[];
  readonly theirs: string[];
  readonly events: HistoryEvent[];
  readonly why: string | undefined;
  constructor(ours: string[], theirs: string[], events: HistoryEvent[], why?: string) {
    super('Both were given the same history and ask for different things.');
    this.ours = ours;
    this.theirs = theirs;
    this.events = [...events];
    this.why = why;
  }
}

/**
 * An empty task with the task of an update right behind it, which their core takes for a heartbeat when it replays, and not
 * when it holds the run (docs/compatibility.md): what comes of it then is not compared.
 */
class KnownDifference extends Disagreement {}

const looksLikeHeartbeat = (events: HistoryEvent[]): boolean =>
  events.some(
    ({ eventType }, i) =>
      historyEventName(eventType) === 'WorkflowTaskCompleted' &&
      historyEventName(events[i + 1]?.eventType ?? '') === 'WorkflowTaskScheduled',
  );

const counts = new Map<string, number>();
let tasks = 0;

function judgeOf({ service, work }: TemporalWorker, name: string, count: boolean): Judge {
  // Every run of the Worker's is one of its own, also that of a smaller program.
  let heldUpTo = 0;
  let before = 0;
  let replayed = false;
  const replays = (): void => {
    replayed = true;
  };
  let tellRecorded: (resetHistoryEventId: string) => void = () => undefined;
  const target = (events: HistoryEvent[]) => {
    const { workflowType, originalExecutionRunId } = attributesOf(events[0]!, 'WorkflowExecutionStarted');
    return { workflowType: workflowType.name, workflowId: name, runId: originalExecutionRunId };
  };
  const agree = (events: HistoryEvent[], ours: string[], theirs: string[], why?: string): void => {
    if (ours.join('\n') === theirs.join('\n')) return;
    const known = replayed && looksLikeHeartbeat(events);
    throw new (known ? KnownDifference : Disagreement)(ours, theirs, events, why);
  };
  return {
    async task(events, updates, answer) {
      const theirs = await work({ ...target(events), events: [...events], heldUpTo, updates, replays });
      const ours = inTheirOrder(askedByUs(service, answer));
      tellRecorded = theirs.recorded ?? (() => undefined);
      agree(events, ours, askedByThem(theirs), theirs.failed?.failure?.message);
      before = heldUpTo;
      heldUpTo = theirs.completed ? events.length : 0;
      if (!count) return;
      tasks += 1;
      for (const text of ours) {
        const command = text.slice(0, text.indexOf(' '));
        counts.set(command, (counts.get(command) ?? 0) + 1);
      }
    },
    recorded(events) {
      const forgotten = events.length < heldUpTo;
      if (forgotten) heldUpTo = before;
      tellRecorded(forgotten ? String(before) : '0');
    },
    async query(events, query, answer) {
      const seen = events.slice(0, endOfLastTask(events));
      const theirs = await work({ ...target(events), events: seen, heldUpTo, updates: [], query, replays });
      agree(events, [answeredByUs(answer)], [answeredByThem(theirs)]);
      if (count) counts.set('(query)', (counts.get('(query)') ?? 0) + 1);
    },
  };
}

/** Where the last task's commands end: what came behind them would come with a task, and the query with it. */
function endOfLastTask(events: HistoryEvent[]): number {
  const completed = events.findLastIndex(
    ({ eventType }) => historyEventName(eventType) === 'WorkflowTaskCompleted',
  );
  const rest = events.slice(completed + 1);
  const behind = rest.findIndex(({ eventType }) => !commandRecordedBy(historyEventName(eventType)!));
  return behind < 0 ? events.length : completed + 1 + behind;
}

async function disagreementOn(
  worker: TemporalWorker,
  seed: number,
  smaller?: { program: Program; run: number },
): Promise<unknown> {
  const judge = judgeOf(worker, `program-${seed}`, !smaller);
  try {
    await recordProgram(seed, { judge, ...(smaller && { smaller }) });
    return undefined;
  } catch (error) {
    judge.recorded([]);
    return error;
  }
}

/** The smallest program that they still disagree on. */
async function shrink(
  worker: TemporalWorker,
  seed: number,
  found: unknown,
): Promise<{ program: Program; error: unknown }> {
  let best = { program: programOf(seed), error: found };
  for (let tries = 0; tries < 300; ) {
    let better: typeof best | undefined;
    for (const program of smallerPrograms(best.program)) {
      tries += 1;
      const error = await disagreementOn(worker, seed, { program, run: tries });
      if (!error) continue;
      better = { program, error };
      break;
    }
    if (!better) break;
    best = better;
  }
  return best;
}

async function report(worker: TemporalWorker, seed: number, found: unknown): Promise<void> {
  const { program, error } = await shrink(worker, seed, found);
  console.log(`\nseed ${seed}: ${error instanceof Disagreement ? error.message : (error as Error).stack}`);
  console.log(JSON.stringify(program));
  if (!(error instanceof Disagreement)) return;
  for (const event of error.events) {
    const { eventId, eventType } = event;
    const attributes = Object.entries(event).find(([key]) => key.endsWith('Attributes'))?.[1];
    console.log(`  ${eventId} ${eventType} ${JSON.stringify(attributes).slice(0, 200)}`);
  }
  const { ours, theirs } = error;
  for (const text of ours) console.log(`  ${theirs.includes(text) ? 'both  ' : 'OURS  '}  ${text}`);
  if (error.why) console.log(`  theirs failed: ${error.why}`);
  for (const text of theirs) console.log(`  ${ours.includes(text) ? '   and' : 'THEIRS'}  ${text}`);
}

/** The first thing that only one of them asks for. */
function briefly(error: unknown): string {
  if (!(error instanceof Disagreement)) return String(error).slice(0, 200);
  const { ours, theirs } = error;
  const at = ours.findIndex((text, i) => text !== theirs[i]);
  const place = at < 0 ? ours.length : at;
  return `ours ${ours[place]?.slice(0, 240) ?? 'nothing'}\n    theirs ${theirs[place]?.slice(0, 240) ?? 'nothing'}`;
}

const { values } = commandLine(conformance);
const { from } = values;
const until = from + values.seeds;
const worker = await startTemporalWorker('test/histories/program.ts', {}, values.held);
const disagreements: Array<[number, unknown]> = [];
const known: number[] = [];
let next = from;
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (next < until) {
      const seed = next++;
      const error = await disagreementOn(worker, seed);
      if (error instanceof KnownDifference) known.push(seed);
      else if (error) disagreements.push([seed, error]);
    }
  }),
);
disagreements.sort(([a], [b]) => a - b);
for (const [seed, error] of disagreements) console.log(`seed ${seed}: ${briefly(error)}`);
for (const [seed, error] of disagreements.slice(0, 5)) await report(worker, seed, error);
for (const [name, count] of [...counts].sort()) console.log(`${String(count).padStart(8)} ${name}`);
console.log(`${until - from} seeds, ${tasks} workflow tasks`);
if (known.length > 0) console.log(`replayed behind what looks like a heartbeat: ${known.join(' ')}`);
if (disagreements.length > 0)
  console.log(
    `disagreed on: ${disagreements
      .map(([seed]) => seed)
      .slice(0, 50)
      .join(' ')}`,
  );
console.log(`${until - from - disagreements.length - known.length} passed, ${disagreements.length} failed`);
await worker.stop();
process.exit(disagreements.length > 0 || tasks === 0 ? 1 : 0);
