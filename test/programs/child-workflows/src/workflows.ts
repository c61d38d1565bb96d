import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';

export async function greet(name: string): Promise<string> {
  if (name === '') throw ApplicationFailure.nonRetryable('nobody', 'NoName');
  return `hello ${name}`;
}

export async function greetAll(...names: string[]): Promise<string> {
  const greetings = await Promise.all(
    names.map((name) => executeChild(greet, { args: [name], memo: { name }, searchAttributes: {} })),
  );
  return greetings.join('\n');
}

export const stop = defineSignal<[string]>('stop');

export async function patient(): Promise<string> {
  let why: string | undefined;
  setHandler(stop, (reason) => {
    why = reason;
  });
  await condition(() => why !== undefined);
  return `${workflowInfo().parent?.workflowId}: ${why}`;
}

/** Starts a child by name, signals it, and by its id, too. */
export async function orchestrate(): Promise<string[]> {
  const first = await startChild(patient, { workflowId: `${workflowInfo().workflowId}-1` });
  const second = await startChild<typeof patient>('patient', {
    args: [],
    workflowId: `${workflowInfo().workflowId}-2`,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    workflowTaskTimeout: '5s',
  });
  await first.signal(stop, 'enough');
  await getExternalWorkflowHandle(second.workflowId, second.firstExecutionRunId).signal('stop', 'you too');
  return Promise.all([first.result(), second.result()]);
}

export async function failures(): Promise<string[]> {
  const seen: string[] = [];
  try {
    await executeChild(greet, { args: [''] });
  } catch (err) {
    if (!(err instanceof ChildWorkflowFailure) || !(err.cause instanceof ApplicationFailure)) throw err;
    seen.push(`${err.workflowType}: ${err.cause.type}`);
  }
  try {
    await CancellationScope.cancellable(async () => {
      const child = await startChild(patient);
      CancellationScope.current().cancel();
      await child.result();
    });
  } catch (err) {
    seen.push(isCancellation(err) ? 'cancelled' : String(err));
  }
  return seen;
}
