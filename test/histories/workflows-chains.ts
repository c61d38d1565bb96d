/** Workflows that continue as new, and what a run knows and says of itself. Types of activities tell what was observed. */

import { defineSearchAttributeKey } from 'perdure/common';
import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  makeContinueAsNewFunc,
  scheduleActivity,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from 'perdure/workflow';

const tell = (...facts: unknown[]): Promise<unknown> =>
  scheduleActivity(`tell:${facts.join(',')}`, [], { startToCloseTimeout: '10s' });

const go = defineSignal<[string]>('go');

export async function rounds(round: number): Promise<string> {
  await tell('round', round);
  if (round === 3) return 'three rounds';
  return await continueAsNew<typeof rounds>(round + 1);
}

export async function continuedElsewhere(): Promise<void> {
  const next = makeContinueAsNewFunc<(text: string, n: number) => Promise<void>>({
    workflowType: 'successor',
    taskQueue: 'elsewhere',
    workflowRunTimeout: '1 hour',
    workflowTaskTimeout: '20s',
    memo: { note: 'next' },
    searchAttributes: { Color: ['green'] },
  });
  try {
    await next('text', 2);
  } catch (error) {
    await tell(error instanceof ContinueAsNew, error instanceof Error && error.name);
    throw error;
  }
}

/** The handler's word ends the run. */
export async function continuedBySignal(): Promise<void> {
  setHandler(go, async () => {
    await continueAsNew<typeof continuedBySignal>();
  });
  await condition(() => false);
}

/** Whatever else is open is left behind. */
export async function continuedWithOpenWork(): Promise<void> {
  void sleep('1 hour').catch(() => undefined);
  void executeChild('kid', { workflowId: 'kid-1', parentClosePolicy: 'ABANDON' }).catch(() => undefined);
  void tell('ignored').catch(() => undefined);
  await sleep(1_000);
  await continueAsNew<typeof continuedWithOpenWork>();
}

/** Continues when the history is long, or after a request to cancel: then it is the request that counts. */
export async function continuedWhenSuggested(): Promise<void> {
  for (;;) {
    const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
    await tell(continueAsNewSuggested, historyLength, historySize);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof continuedWhenSuggested>();
  }
}

export async function cancelledAndContinued(): Promise<void> {
  try {
    await sleep('1 day');
  } catch {
    await CancellationScope.nonCancellable(() => tell('cancelled'));
    await continueAsNew<typeof cancelledAndContinued>();
  }
}

/** What the run knows of where it comes from. */
export async function origins(): Promise<void> {
  const info = workflowInfo();
  await tell(info.workflowId, info.runId.length, info.attempt, info.cronSchedule, info.firstExecutionRunId);
  await tell(info.parent?.workflowId, info.parent?.runId, info.parent?.namespace, info.root?.workflowId);
  await tell(info.continuedFromExecutionRunId, JSON.stringify(info.lastResult), info.lastFailure?.message);
  await tell(info.lastFailure?.constructor.name, info.cronScheduleToScheduleInterval, JSON.stringify(info.memo));
}

export async function memos(): Promise<void> {
  const memo = (): string => JSON.stringify(Object.entries(workflowInfo().memo ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  await tell(memo());
  upsertMemo({ a: 1, b: ['x'], given: null });
  await tell(memo());
  upsertMemo({ a: undefined, c: { d: true } });
  upsertMemo({});
  setCurrentDetails('not in history');
  await tell(memo());
}

const color = defineSearchAttributeKey('Color', 'KEYWORD');
const size = defineSearchAttributeKey('Size', 'INT');
const tags = defineSearchAttributeKey('Tags', 'KEYWORD_LIST');
const when = defineSearchAttributeKey('When', 'DATETIME');

export async function typedSearchAttributes(): Promise<void> {
  const seen = (): unknown[] => {
    const { typedSearchAttributes: typed, searchAttributes } = workflowInfo();
    return [
      typed.get(color),
      typed.get(size),
      typed.get(tags)?.join('+'),
      typed.get(when)?.toISOString(),
      JSON.stringify(Object.entries(searchAttributes).sort(([a], [b]) => (a < b ? -1 : 1))),
      JSON.stringify(typed.getAll().sort((a, b) => (a.key.name < b.key.name ? -1 : 1))),
    ];
  };
  await tell(...seen());
  upsertSearchAttributes([
    { key: color, value: 'blue' },
    { key: size, value: 3 },
    { key: tags, value: ['a', 'b'] },
    { key: when, value: new Date(0) },
  ]);
  await tell(...seen());
  upsertSearchAttributes([
    { key: color, value: null },
    { key: size, value: 4 },
  ]);
  await tell(...seen());
  // The map form lays itself over typed ones.
  upsertSearchAttributes({ Color: ['red'], Tags: ['c'], Size: [], Half: [0.5], Flag: [true] });
  await tell(...seen());
}

class Unlucky extends Error {}

/** Errors that are no failures, and fail the workflow all the same. */
export async function failsOnItsOwnErrors(kind: string): Promise<void> {
  await tell(kind);
  if (kind === 'own') throw new Unlucky('bad luck');
  throw ApplicationFailure.create({ message: 'failure' });
}
setWorkflowOptions({ failureExceptionTypes: [Unlucky] }, failsOnItsOwnErrors);

export async function failsOnAllErrors(): Promise<void> {
  setHandler(go, (text) => {
    if (text === 'bad') throw new RangeError('bad');
  });
  await sleep('1 hour');
}
setWorkflowOptions(() => ({ failureExceptionTypes: [Error] }), failsOnAllErrors);
