/**
 * The zoo: defects of the engine, each as the exact piece of source it replaces. They are put in while the source is
 * loaded for a test (`loader.ts` for Node, `vitest.config.ts` for vitest), so that the engine itself has no switches.
 * A defect that no suite finds within its bound says that the suites are not as good as they claim.
 */

/** So many of the simulator's seeds, from this one on, or a test file of Node's vitest suite. */
export type Hunter = { sim: number; from: number } | { test: string };

export interface Defect {
  /** Below `src/`. */
  file: string;
  /** Stands there exactly once. */
  find: string;
  replace: string;
  /** The suite that is asked; it must find the defect. */
  by: Hunter;
}

const SEEDS = 150;
/** Where most seeds live without what the defect needs, the hunt begins shortly before one that has it. */
const bySimFrom = (from: number): Hunter => ({ sim: SEEDS, from });
const bySim = bySimFrom(1);
const byTest = (test: string): Hunter => ({ test });

export const defects: Record<string, Defect> = {
  // ---- what is acknowledged, and what is stored -------------------------------------------------------------------
  'acknowledges-before-the-commit': {
    file: 'execution/turn.ts',
    find: 'settle.push(() => resolve(reply));',
    replace: 'resolve(reply);',
    by: bySim,
  },
  'keeps-memory-after-a-failed-commit': {
    file: 'execution/turn.ts',
    find: '      this.#drop(error);\n      await this.#broken(batch, error, storing);',
    replace: '      await this.#broken(batch, error, storing);',
    by: bySim,
  },
  'arms-the-alarm-too-late': {
    file: 'execution/turn.ts',
    find: 'commit.alarm = next;',
    replace: 'commit.alarm = next + 60_000;',
    by: bySim,
  },
  'never-arms-an-earlier-alarm': {
    file: 'execution/alarm-time.ts',
    find: 'armed <= now || next < armed)',
    replace: 'armed <= now)',
    by: bySim,
  },
  'snapshot-without-request-ids': {
    file: 'core/snapshot.ts',
    find: 'requestIds: [...requestIds],',
    replace: 'requestIds: [],',
    by: bySim,
  },
  'snapshot-without-timers': {
    file: 'core/snapshot.ts',
    find: 'timers: [...timers],',
    replace: 'timers: [],',
    by: bySim,
  },
  'reads-rows-of-a-newer-version': {
    file: 'execution/log.ts',
    find: 'if (v > LOG_VERSION)',
    replace: 'if (v > LOG_VERSION + 1_000)',
    by: byTest('test/execution/log.test.ts'),
  },
  'keeps-a-session-ahead-of-the-log': {
    file: 'execution/workflow-tasks.ts',
    find: '    this.#undone++;\n    this.dispose();',
    replace: '    this.#undone++;',
    by: byTest('test/execution/workflow-tasks.test.ts'),
  },
  // ---- requests -----------------------------------------------------------------------------------------------------
  'forgets-request-ids': {
    file: 'core/request-ids.ts',
    find: 'const record = requestId ? execution.requestIds.get(keyOf(kind, requestId)) : undefined;',
    replace: "const record = execution.requestIds.get(keyOf(kind, 'no request id'));",
    by: bySim,
  },
  'starts-a-child-that-was-refused': {
    file: 'core/start.ts',
    find: 'if (requestId && (request.parent ||',
    replace: 'if (requestId === undefined && (request.parent ||',
    by: byTest('test/core/request-ids.test.ts'),
  },
  'opens-a-second-run': {
    file: 'core/id-policy.ts',
    find: "return status === 'RUNNING' ? whenOpen",
    replace: "return status === 'CANCELED' ? whenOpen",
    by: bySim,
  },
  'takes-an-update-twice': {
    file: 'core/update.ts',
    find: 'const progress = meant && updateProgress(run, updateId);',
    replace: "const progress = meant && updateProgress(run, 'no update id');",
    by: bySim,
  },
  'answers-before-what-is-due': {
    file: 'core/transition.ts',
    find: '  tick(t);\n  standaloneActivity',
    replace: "  if (request.kind === 'Tick') tick(t);\n  standaloneActivity",
    by: byTest('test/core/activity-timeouts.test.ts'),
  },
  'leaves-a-standalone-activity-open-behind-a-refusal': {
    file: 'core/transition.ts',
    find: '  standaloneActivity.follow(t);\n  const ticked',
    replace: '  const ticked',
    by: byTest('test/core/standalone-activity.test.ts'),
  },
  'never-ends-the-run-of-a-standalone-activity': {
    file: 'core/standalone-activity.ts',
    find: 'if (run.activities.size === 0) closeAs',
    replace: 'if (run.activities.size === 0 && run.cancelRequested) closeAs',
    by: bySim,
  },
  // ---- history ------------------------------------------------------------------------------------------------------
  'writes-into-an-open-task': {
    file: 'core/transition.ts',
    find: 'if (traits.heldBack && run.workflowTask?.started) {',
    replace: 'if (traits.heldBack && run.workflowTask?.started && this.count > 1_000) {',
    by: bySim,
  },
  'lets-time-go-back': {
    file: 'core/transition.ts',
    find: 'this.now = Math.max(env.now, execution.run?.lastEventTime ?? 0);',
    replace: 'this.now = env.now;',
    by: bySim,
  },
  'loses-what-a-released-task-held-back': {
    file: 'core/workflow-task.ts',
    find: "t.note('WorkflowTaskAttemptReleased', { reason: request.reason });\n    flush(t, heldBack);",
    replace: "t.note('WorkflowTaskAttemptReleased', { reason: request.reason });\n    heldBack.length = 0;",
    by: bySim,
  },
  'closes-over-an-unseen-signal': {
    file: 'core/workflow-task.ts',
    find: 'if (checked.closes && losesUnseen(t.run, checked.batch)) {',
    replace: 'if (checked.closes && losesUnseen(t.run, checked.batch) && t.count > 1_000) {',
    by: bySim,
  },
  'takes-an-answer-to-another-task': {
    file: 'core/workflow-task.ts',
    find: '    started.startedEventId === answer.startedEventId &&\n    task?.attempt === answer.attempt',
    replace: '    task !== undefined',
    // The simulator met it in its first seeds once; since first tasks run within the start's turn it rarely does.
    by: byTest('test/core/workflow-task.test.ts'),
  },
  // ---- timers and activities ------------------------------------------------------------------------------------
  'fires-timers-early': {
    file: 'core/timer.ts',
    find: "const fireTime = time + checkDuration('startToFireTimeout', startToFireTimeout);",
    replace: "const fireTime = time + checkDuration('startToFireTimeout', startToFireTimeout) - 1;",
    by: bySim,
  },
  'skips-the-attempt-check': {
    file: 'core/activity-attempt.ts',
    find: 'if (pending?.attempt !== task.attempt) {',
    replace: 'if (!pending) {',
    by: bySimFrom(28),
  },
  'gives-a-claimed-attempt-to-another': {
    file: 'core/activity-attempt.ts',
    find: 'if (pending.claim && pending.claim.claimant !== claimant) {',
    replace: 'if (pending.claim && pending.claim.claimant === undefined) {',
    by: byTest('test/core/activity.test.ts'),
  },
  'counts-a-release-as-an-attempt': {
    file: 'core/activity.ts',
    find: '    delete pending.claim;\n    pending.releases++;',
    replace: '    delete pending.claim;\n    pending.attempt++;\n    pending.releases++;',
    by: bySim,
  },
  'allows-one-attempt-more': {
    file: 'core/retry.ts',
    find: 'attempt >= policy.maximumAttempts',
    replace: 'attempt > policy.maximumAttempts',
    by: bySimFrom(13),
  },
  'forgets-heartbeats-of-the-attempt-before': {
    file: 'core/activity.ts',
    find: '    delete pending.claim;\n    pending.attempt = attempt + 1;',
    replace: '    delete pending.claim;\n    delete pending.heartbeat;\n    pending.attempt = attempt + 1;',
    by: bySimFrom(30),
  },
  'never-tells-of-a-cancellation': {
    file: 'core/activity-attempt.ts',
    find: 'cancelRequested: cancelRequestedEventId !== undefined,',
    replace: 'cancelRequested: cancelRequestedEventId === 0,',
    by: byTest('test/core/activity.test.ts'),
  },
  'ignores-the-heartbeat-timeout': {
    file: 'core/activity-timeouts.ts',
    find: 'if (pending.heartbeatTimeout > 0) {',
    replace: 'if (pending.heartbeatTimeout < 0) {',
    by: byTest('test/core/activity-timeouts.test.ts'),
  },
  'retries-what-must-not-be': {
    file: 'core/retry.ts',
    find: 'return !nonRetryable &&',
    replace: 'return nonRetryable !== undefined ||',
    by: byTest('test/core/retry.test.ts'),
  },
  'calls-a-worker-once-only': {
    file: 'core/activity.ts',
    find: "resend: 'queued',\n",
    replace: '',
    by: bySimFrom(110),
  },
  // ---- operators, versions, limits, batch jobs ----------------------------------------------------------------------
  'begins-attempts-in-a-pause': {
    file: 'core/activity-attempt.ts',
    find: 'if (!pending.claim && isHeld(pending, t.run)) throw',
    replace: 'if (!pending.claim && t.run.pause) throw',
    by: bySimFrom(14),
  },
  'resets-no-attempts': {
    file: 'core/activity-operations.ts',
    find: 'begin(pending, pending.attempt, pending.attempt);',
    replace: 'begin(pending, pending.attempt, pending.uncounted ?? 0);',
    by: bySim,
  },
  'lists-no-overrides': {
    file: 'core/versioning.ts',
    find: 'run.versioning = { ...versioning, override: versioningOverride };\n  bumpVisibility(run, place);',
    replace: 'run.versioning = { ...versioning, override: versioningOverride };',
    by: bySim,
  },
  'gives-pinned-runs-to-any-build': {
    file: 'core/versioning.ts',
    find: 'if (!pin || sameVersion(pin, version)) return;',
    replace: 'return;',
    by: bySimFrom(195),
  },
  'lets-one-more-run': {
    file: 'task-queue/permits.ts',
    find: 'held < maxConcurrentTasks;',
    replace: 'held <= maxConcurrentTasks;',
    by: bySimFrom(10),
  },
  'forgets-the-rate': {
    file: 'task-queue/permits.ts',
    find: 'if (theoretical !== state.theoretical) this.#store.putState',
    replace: 'if (theoretical < 0) this.#store.putState',
    by: bySimFrom(8),
  },
  'keeps-permits-that-nobody-uses': {
    file: 'task-queue/permits.ts',
    find: 'else this.#store.removePermit(task);',
    replace: 'else this.#store.permit(task);',
    by: bySim,
  },
  'passes-over-runs-of-a-batch': {
    file: 'batch/jobs.ts',
    find: 'for (const target of page.targets) if',
    replace: 'for (const target of page.targets.slice(0, 2)) if',
    by: bySim,
  },
  'repeats-a-batch-as-something-new': {
    file: 'batch/jobs.ts',
    find: 'target, `batch/',
    replace: 'target, target.attempts + `batch/',
    by: bySim,
  },
  // ---- families, chains, visibility ---------------------------------------------------------------------------------
  'leaves-children-to-themselves': {
    file: 'core/child-workflow.ts',
    find: 'if (abandoned ? child.runId !== undefined : neverSent)',
    replace: 'if (child.runId !== undefined || neverSent)',
    by: bySim,
  },
  'never-tells-the-parent': {
    file: 'core/parent.ts',
    find: 'for (const run of allRuns(execution)) if (owesParent(run)) yield run.runNumber;',
    replace: 'for (const run of [execution.run!]) if (owesParent(run)) yield run.runNumber;',
    by: bySim,
  },
  'loses-updates-between-runs': {
    file: 'core/continue-as-new.ts',
    find: 'carryOver(t, admitted);',
    replace: 'carryOver(t, admitted.slice(1));',
    by: byTest('test/core/update.test.ts'),
  },
  'takes-any-row-for-the-newest': {
    file: 'core/visibility.ts',
    find: "t.note('VisibilityRecorded', { version }, run);",
    replace: "t.note('VisibilityRecorded', { version: run.visibilityVersion }, run);",
    by: bySim,
  },
  'quarantines-nothing': {
    file: 'core/transition.ts',
    find: 'if (t.count !== before) throw error;',
    replace: 'if (t.count >= before) throw error;',
    by: byTest('test/core/transition.test.ts'),
  },
  'sweeps-nothing': {
    file: 'visibility/sweep.ts',
    find: 'await Promise.all(rows.slice(i, i + AT_A_TIME).map((row) => lookAt(row, store, ports)));',
    replace: 'await Promise.all(rows.slice(0, 0).map((row) => lookAt(row, store, ports)));',
    by: byTest('test/visibility/sweep.test.ts'),
  },
  'moves-rows-without-waiting': {
    file: 'visibility/moving.ts',
    find: 'if (rows.length > 0) await this.#place.peer(home).receive(rows);',
    replace: 'if (rows.length > 0) void this.#place.peer(home).receive(rows).catch(() => undefined);',
    by: byTest('test/visibility/growth.test.ts'),
  },
  'counts-moved-rows-twice': {
    file: 'visibility/row-transfer.ts',
    find: 'counts.arrived(arrived);',
    replace: '',
    by: byTest('test/visibility/growth.test.ts'),
  },
  'sends-metrics-again-to-anybody': {
    file: 'observability/measures.ts',
    find: 'this.#unsent = [...deltas.map((delta) => ({ delta, to })), ...this.#unsent].slice(-MAX_UNSENT);',
    replace: 'this.#unsent = [...deltas.map((delta) => ({ delta, to: (to + 1) % 3 })), ...this.#unsent];',
    by: byTest('test/observability/sending.test.ts'),
  },
  'forgets-that-payloads-refer': {
    file: 'execution/payloads.ts',
    find: 'this.#refers = refers || this.#refers === true;',
    replace: 'this.#refers = refers;',
    by: byTest('test/execution/payloads.test.ts'),
  },
};
