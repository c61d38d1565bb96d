/** Every rule of `perdure lint`: what it finds, why that is wrong in workflow code, what to write instead. docs/lint.md is made from it. */

import { FORBIDDEN } from '../workflow/runtime/globals.ts';

/** Errors end the command with exit code 1. A hint is a question: there are good reasons to do so. */
export type Severity = 'error' | 'warning' | 'hint';

export interface Rule {
  severity: Severity;
  finds: string;
  why: string;
  instead: string;
}

const forbidden = FORBIDDEN.flatMap(({ prefix, names }) => names.map((name) => `\`${prefix}${name}\``));

export const rules = {
  'activity-import': {
    severity: 'error',
    finds:
      'An activities file is imported at run time: `activities.ts`, `*.activities.ts`, `activities/index.ts`.',
    why: 'Activities do not run inside a workflow; the build refuses it.',
    instead: 'Write `import type * as activities` and call them through proxyActivities.',
  },
  'host-import': {
    severity: 'error',
    finds:
      'A part of the SDK that is not for workflows is imported (client, worker, activity, testing …), or `cloudflare:*`.',
    why: 'It needs the network, the clock or the host; the build refuses it.',
    instead: 'Write `import type` if only types are needed, or move the code into an activity.',
  },
  'builtin-import': {
    severity: 'error',
    finds: 'A builtin of Node is imported; `assert`, `url` and `util` may be.',
    why: 'Files, sockets and processes are not the same when the run is replayed; the build refuses it.',
    instead: 'Move the code into an activity.',
  },
  'io-package': {
    severity: 'error',
    finds: 'A package for HTTP, databases, cloud services, logging or files is imported.',
    why: 'What it answers is not in the history, and not the same when the run is replayed.',
    instead: 'Use it in an activity.',
  },
  'dynamic-import': {
    severity: 'error',
    finds: '`import()`, or `require()` anywhere but at the top of a module.',
    why: 'When the module arrives is up to the host, not to the history.',
    instead: 'Import it at the top of the file.',
  },
  'forbidden-global': {
    severity: 'error',
    finds: `A global that throws in workflows: ${forbidden.join(', ')}.`,
    why: 'It acts on the world, or on a clock that the history knows nothing of: DeterminismViolationError at run time.',
    instead: 'What the message says: an activity, sleep, condition, CancellationScope.withTimeout.',
  },
  'host-environment': {
    severity: 'error',
    finds:
      'What the host has: `process` (`process.env` first of all), `import.meta.env`, `navigator`, `caches`, `Deno`, `Bun`, `__dirname`, `localStorage` ….',
    why: 'The next host that replays the run may have another.',
    instead: 'Pass it as an argument of the workflow, or read it in an activity.',
  },
  'host-clock': {
    severity: 'error',
    finds: 'Clocks that are not the run’s: `performance.timeOrigin`, `performance.mark`, `Temporal.Now`.',
    why: 'They show another time when the run is replayed.',
    instead:
      'Use `Date.now()`, `new Date()` or `performance.now()`: in a workflow they show the history’s time.',
  },
  'new-worker': {
    severity: 'error',
    finds: '`new Worker`, `new SharedWorker`.',
    why: 'A thread of its own runs beside the history.',
    instead: 'Call an activity, or start a child workflow.',
  },
  'eval-code': {
    severity: 'error',
    finds: '`eval`, `new Function`.',
    why: 'Workers refuse it, and what the text is cannot be checked.',
    instead: 'Write the code, or evaluate it in an activity.',
  },
  'load-time-value': {
    severity: 'error',
    finds:
      'Clock, randomness, or a function of `perdure/workflow` that needs a run, called while the module is loaded.',
    why: 'At that time there is no run: the value comes from the host, and from another one when the run is replayed.',
    instead: 'Call it inside the workflow function.',
  },
  'local-time': {
    severity: 'warning',
    finds:
      '`toLocaleString` and its kin, `getHours`, `getDay` …, `getTimezoneOffset`, `Intl.DateTimeFormat` without a time zone.',
    why: 'The answer depends on the host’s time zone and locale data.',
    instead: 'Use `getUTCHours` …, `toISOString`, or name locale and timeZone.',
  },
  'mutable-module-state': {
    severity: 'error',
    finds:
      'A variable, object, array, Map or Set at the top of a module (or a static field) that functions change.',
    why: 'It outlives the run where workflow files are imported plainly: one run sees what another left, a replay does not.',
    instead: 'Keep it in the workflow function, or in an object that the function makes and passes on.',
  },
  'query-mutation': {
    severity: 'error',
    finds: 'A query handler that changes a variable outside of itself.',
    why: 'Queries are not in the history: after a replay the change is gone.',
    instead: 'Only read in a query; change state in a signal or an update.',
  },
  'async-handler': {
    severity: 'error',
    finds: 'A query handler or an update validator that is async.',
    why: 'Both must answer at once; a promise is not an answer.',
    instead: 'Make it synchronous; prepare what it reads in the workflow.',
  },
  'floating-promise': {
    severity: 'error',
    finds: 'An activity, child workflow, `sleep`, `condition` or `continueAsNew` that nothing awaits.',
    why: 'The workflow goes on, or ends, without it; its failure is lost or fails the workflow task.',
    instead: 'Await it, return it, keep it for Promise.all, or say `void` if it is meant.',
  },
  'endless-loop': {
    severity: 'error',
    finds: 'A loop without an end and without await.',
    why: 'It never gives its turn back; the workflow task times out. The clock stands still while code runs.',
    instead: 'Await sleep or condition in it.',
  },
  'condition-progress': {
    severity: 'error',
    finds: '`condition` with a predicate that is async, constant, no function, or asks the clock.',
    why: 'It is asked again only when the workflow’s state may have changed; a promise is always true, and time changes no state.',
    instead:
      'Read variables that signals, updates or other code change; a time limit is the second argument.',
  },
  'never-settles': {
    severity: 'error',
    finds: '`Promise.race([])`, `new Promise(() => {})`.',
    why: 'It settles never, not even when the workflow is cancelled.',
    instead: 'Use condition, Trigger or `CancellationScope.current().cancelRequested`.',
  },
  'timer-duration': {
    severity: 'error',
    finds:
      'A duration that is none (`"5 fortnights"`), negative, or beyond what a timer can be: of a timer, or in the options of an activity or child workflow.',
    why: 'The workflow task fails.',
    instead: 'Write milliseconds, or text like `"10s"` or `"30 days"`.',
  },
  'swallowed-cancellation': {
    severity: 'hint',
    finds: 'A catch around await that neither throws, returns, breaks nor looks at what it caught.',
    why: 'A cancelled workflow goes on as if nothing had been.',
    instead: 'Begin with `if (isCancellation(error)) throw error;`.',
  },
  console: {
    severity: 'hint',
    finds: '`console.*`.',
    why: 'It writes again whenever the run is replayed.',
    instead: 'Use `log` of perdure/workflow.',
  },
  syntax: {
    severity: 'error',
    finds: 'A file that does not parse.',
    why: 'It cannot be loaded.',
    instead: 'Correct it.',
  },
  'unused-ignore': {
    severity: 'warning',
    finds: 'A `perdure-lint-ignore` that names no rule, an unknown rule, or one that finds nothing there.',
    why: 'It would hide what comes later.',
    instead: 'Delete it.',
  },
} satisfies Record<string, Rule>;

export type RuleId = keyof typeof rules;

/** Where a rule has found something. Line and column count from 1. */
export interface Finding {
  file: string;
  line: number;
  column: number;
  rule: RuleId;
  severity: Severity;
  message: string;
  why: string;
  instead: string;
}
