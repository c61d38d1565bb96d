/** Lives of the workflows in workflows-mixed.ts. */

import { applicationFailure, payloads } from '../runtime/history-builder.ts';
import type { Driver } from '../runtime/driver.ts';
import { finish, type Scenario } from './scenario.ts';
import * as workflows from './workflows-mixed.ts';

type Move = (run: Driver) => void;

/** One workflow task, then for each move: the move and a workflow task. */
const moves = (...list: Move[]): Scenario['drive'] =>
  async (run) => {
    await run.task();
    for (const move of list) {
      move(run);
      if (!run.history.closed) await run.task();
    }
  };

const completes = (id: string, result?: unknown): Move => (run) => run.history.completeActivity(id, result ?? `did ${id}`);
const fails = (id: string): Move => (run) => run.history.failActivity(id);
const fires = (id: string): Move => (run) => run.history.fireTimer(id);
const signals = (...words: string[]): Move => (run) => {
  for (const word of words) run.history.signal('go', word);
};
const cancels: Move = (run) => run.history.requestCancel();
const puts = (key: string, value: number): Move => (run) => void run.history.update('put', key, value);
/** Everything sent to other workflows arrives, or fails. */
const arrives = (failedCause?: string): Move => ({ history: { others } }) => {
  for (const id of [...others.sent.keys()]) others.settle(id, failedCause);
};
const GONE = 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND';
const child = (move: (others: Driver['history']['others']) => void): Move => (run) => move(run.history.others);
const ends: Move = (run) => run.history.add('WorkflowExecutionTerminated', { reason: 'enough', identity: 'test' });
const runsOut: Move = (run) => run.history.add('WorkflowExecutionTimedOut', { retryState: 'RETRY_STATE_TIMEOUT' });

export const mixedScenarios: Record<string, Scenario> = {
  'first-of-three-is-an-activity': {
    workflow: workflows.firstOfThree,
    drive: moves(completes('2'), (run) => run.history.cancelActivity('1')),
  },
  'first-of-three-is-the-timer': {
    workflow: workflows.firstOfThree,
    drive: moves(fires('1'), (run) => run.history.cancelActivity('1')),
  },
  'compensates-for-a-failure': {
    workflow: workflows.compensates,
    drive: moves(completes('1'), completes('2'), fails('3'), completes('4'), completes('5')),
  },
  'compensates-for-a-timeout': {
    workflow: workflows.compensates,
    drive: moves(completes('1'), (run) => run.history.timeOutActivity('2'), completes('3')),
  },
  'compensates-when-cancelled': {
    workflow: workflows.compensates,
    drive: moves(completes('1'), cancels, (run) => run.history.cancelActivity('2'), completes('3')),
  },
  'compensation-terminated': { workflow: workflows.compensates, drive: moves(completes('1'), fails('2'), ends) },
  'retries-by-itself-and-succeeds': {
    workflow: workflows.retriesByItself,
    drive: moves(fails('1'), fires('1'), completes('2')),
  },
  'retries-by-itself-and-gives-up': {
    workflow: workflows.retriesByItself,
    drive: moves(fails('1'), fires('1'), (run) => run.history.timeOutActivity('2'), fires('2'), fails('3')),
  },
  'polls-until-it-is-told-to-stop': {
    workflow: workflows.pollsUntil,
    drive: moves(fires('1'), fires('2'), signals('stop')),
  },
  'polls-until-its-time-is-over': { workflow: workflows.pollsUntil, drive: moves(fires('1'), runsOut) },
  'polls-until-it-is-cancelled': { workflow: workflows.pollsUntil, drive: moves(fires('1'), cancels) },
  'counts-in-attributes': { workflow: workflows.countsInAttributes, drive: moves(signals('a', 'b'), signals('c')) },
  'counts-in-attributes-after-lost-tasks': {
    workflow: workflows.countsInAttributes,
    async drive(run) {
      await run.lostTask('timedOut', () => run.history.signal('go', 'a'));
      await run.lostTask('failed', () => run.history.signal('go', 'b'));
      await run.task();
      run.history.signal('go', 'c');
      await run.lostTask('failed');
      await run.task();
    },
  },
  'keeps-a-map': {
    workflow: workflows.keepsAMap,
    drive: moves(puts('a', 1), puts('', 2), completes('1'), puts('b', 3), completes('2')),
  },
  'keeps-a-map-whose-activity-fails': {
    workflow: workflows.keepsAMap,
    drive: moves(puts('a', 1), fails('1'), puts('a', 2), puts('b', 3), completes('3'), completes('2')),
  },
  'fans-out-to-children-of-all-ends': {
    workflow: workflows.fansOut,
    args: [['well', 'badly', 'late', 'killed', 'refused', 'cancelled']],
    drive: moves(
      child((others) => others.failChildStart('refused')),
      child((others) => others.completeChild('well', 'fine')),
      child((others) => {
        others.failChild('badly', applicationFailure('bad'));
        others.timeOutChild('late');
      }),
      child((others) => others.terminateChild('killed')),
      child((others) => others.cancelChild('cancelled')),
    ),
  },
  'fans-out-and-is-terminated': {
    workflow: workflows.fansOut,
    args: [['a', 'b']],
    drive: moves(child((others) => others.completeChild('a', 1)), ends),
  },
  'fans-out-and-runs-out-of-time': {
    workflow: workflows.fansOut,
    args: [['a', 'b']],
    drive: moves(child((others) => others.failChildStart('a')), runsOut),
  },
  'relays-signals': {
    workflow: workflows.relays,
    drive: moves(
      child((others) => others.startChild('listener')),
      signals('one', 'two'),
      arrives(),
      arrives(),
      child((others) => others.completeChild('listener', 'heard')),
    ),
  },
  'relays-signals-to-one-that-is-gone': {
    workflow: workflows.relays,
    drive: moves(
      child((others) => others.startChild('listener')),
      signals('one', 'two'),
      arrives(),
      arrives(GONE),
      child((others) => others.timeOutChild('listener')),
    ),
  },
  'cancels-each': {
    workflow: workflows.cancelsEach,
    args: [['a', 'b', 'c']],
    drive: moves(arrives(), arrives(GONE), arrives()),
  },
  'knows-patches': { workflow: workflows.knowsPatches, drive: finish },
  'hands-over-and-says-nothing-of-memo-and-attributes': {
    workflow: workflows.handsOver,
    args: [1],
    started: { memo: { fields: { note: payloads('kept')!.payloads[0]! } } },
    drive: moves(signals('a')),
  },
  'hands-over-the-last-time': { workflow: workflows.handsOver, args: [3], drive: moves(signals('a')) },
  'shields-the-last-step': {
    workflow: workflows.shieldsTheLastStep,
    drive: moves(fires('1'), (run) => run.history.cancelActivity('1'), completes('2')),
  },
  'shields-the-last-step-when-cancelled': {
    workflow: workflows.shieldsTheLastStep,
    drive: moves(cancels, (run) => run.history.cancelActivity('1'), completes('2')),
  },
};
