/**
 * The same test again and again, each time with a restart of the engine at another place: whatever the test does must come
 * to the same result.
 */

import { isDeepStrictEqual } from 'node:util';
import { type Duration, msToNumber } from '../common/duration.ts';
import { Hardships } from './hardships.ts';
import { MemoryEngine } from './memory-engine.ts';
import {
  TestWorkflowEnvironment,
  type TimeSkippingTestWorkflowEnvironmentOptions,
} from './test-environment.ts';

export interface CrashEverywhereOptions extends TimeSkippingTestWorkflowEnvironmentOptions {
  /**
   * What dies. `engine` (default): its memory and all sessions; Workers go on, and know what they have done. `engine and
   * workers`: activities that were running, or whose answer was not recorded yet, are executed once more.
   */
  restart?: 'engine' | 'engine and workers';
  /** Where there are more boundaries, as many of them are tried, evenly spread. Default 1,000. */
  maxRuns?: number;
  /** How long one run may take, in real time. Default 10 s. */
  timeout?: Duration;
}

export interface CrashReport<T> {
  /** What the test answers, with and without restarts. */
  result: T;
  /** Commits and answers in the run without a restart. */
  boundaries: number;
  /** At how many of them the engine was restarted. */
  restarts: number;
}

/** A restart changed what came of the test. */
export class CrashEverywhereError extends Error {
  override readonly name = 'CrashEverywhereError';
  /** From 1, of so many. */
  readonly boundary: number;
  /** What had just been committed or answered: the workflow, and its newest event. */
  readonly place: string;
  constructor(boundary: number, of: number, place: string, what: string, cause?: unknown) {
    super(`After a restart at boundary ${boundary} of ${of} (${place}) ${what}`, { cause });
    this.boundary = boundary;
    this.place = place;
  }
}

interface Outcome<T> {
  result: T;
  boundaries: number;
  /** Where the engine was restarted; absent when the run had no such boundary. */
  place?: string;
}

/**
 * Runs `test` once as it is, and once more for each commit of a workflow and each answer of a Worker, with a restart of
 * the engine right behind it: nobody has learned of the commit yet and nothing that follows from it is done; the answer
 * is lost.
 * @param test gets an environment of its own; what it answers is compared, what it throws counts
 * @throws CrashEverywhereError naming the boundary at which a restart changed the outcome
 */
export async function crashEverywhere<T>(
  test: (env: TestWorkflowEnvironment) => Promise<T>,
  options: CrashEverywhereOptions = {},
): Promise<CrashReport<T>> {
  const settings = { startTime: Date.now(), ...options };
  const { result, boundaries } = await runOnce(test, settings, undefined);
  const step = Math.max(1, boundaries / (options.maxRuns ?? 1_000));
  let restarts = 0;
  for (let at = 1; Math.floor(at) <= boundaries; at += step) {
    const boundary = Math.floor(at);
    const outcome = await runOnce(test, settings, boundary).catch((error: unknown) => {
      const { place, reason } = error as Failed;
      const text = reason instanceof Error ? reason.message : String(reason);
      throw new CrashEverywhereError(
        boundary,
        boundaries,
        place ?? 'never reached',
        `the test fails: ${text}`,
        reason,
      );
    });
    if (outcome.place === undefined) continue;
    restarts++;
    if (isDeepStrictEqual(outcome.result, result)) continue;
    const what = `the test answers ${JSON.stringify(outcome.result)} instead of ${JSON.stringify(result)}`;
    throw new CrashEverywhereError(boundary, boundaries, outcome.place, what);
  }
  return { result, boundaries, restarts };
}

/** What a run rejects with, when it was to be restarted. */
interface Failed {
  place: string | undefined;
  reason: unknown;
}

async function runOnce<T>(
  test: (env: TestWorkflowEnvironment) => Promise<T>,
  options: CrashEverywhereOptions,
  crashAt: number | undefined,
): Promise<Outcome<T>> {
  let boundaries = 0;
  let place: string | undefined;
  const engine = new MemoryEngine(Number(options.startTime), {
    faults: options.faults,
    // One misfortune at a time, each at its place.
    hardships: new Hardships({}),
    boundary: (describe) => {
      if (++boundaries !== crashAt) return;
      place = describe();
      engine.restart(options.restart === 'engine and workers');
    },
  });
  const env = TestWorkflowEnvironment.skippingOn(engine, options);
  try {
    const result = await withinTime(test(env), msToNumber(options.timeout ?? '10s'));
    return { result, boundaries, ...(place !== undefined && { place }) };
  } catch (reason) {
    if (crashAt === undefined) throw reason;
    throw { place, reason } satisfies Failed;
  } finally {
    await env.teardown();
  }
}

async function withinTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it is not over after ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
