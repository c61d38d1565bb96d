import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  proxyActivities,
  proxyLocalActivities,
  rootCause,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  startChild,
  Trigger,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type * as activities from './activities';

const { sendEmail, flaky, payWithError } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1s', backoffCoefficient: 1, nonRetryableErrorTypes: ['TypeError'] },
});
const local = proxyLocalActivities<typeof activities>({ startToCloseTimeout: '2s' });

export const complete = defineSignal('complete');
export async function sleepForDays(): Promise<number> {
  let isComplete = false;
  let emails = 0;
  setHandler(complete, () => {
    isComplete = true;
  });
  while (!isComplete) {
    await sendEmail('me', 'still sleeping');
    emails += 1;
    await Promise.race([sleep('30 days'), condition(() => isComplete)]);
  }
  return emails;
}

export const setValue = defineSignal<[string, number]>('setValue');
export const getValue = defineQuery<number | undefined, [string]>('getValue');
export async function state(): Promise<void> {
  const map = new Map<string, number>();
  setHandler(setValue, (key, value) => void map.set(key, value));
  setHandler(getValue, (key) => map.get(key));
  await CancellationScope.current().cancelRequested;
}

export async function loop(iteration = 0): Promise<number> {
  if (iteration === 5) return iteration;
  log.info('Running', { iteration });
  await sleep(1000);
  await continueAsNew<typeof loop>(iteration + 1);
  return -1;
}

export async function scheduled(): Promise<string> {
  const { workflowId, cronSchedule, lastResult, attempt } = workflowInfo() as ReturnType<
    typeof workflowInfo
  > & {
    lastResult?: number;
  };
  await sendEmail(workflowId, `${cronSchedule}`);
  return `${cronSchedule} ${attempt} ${lastResult ?? 'none'}`;
}

export async function infrequent(): Promise<string> {
  return await flaky('report');
}

export const approve = defineSignal<[boolean]>('approve');
export async function expense(id: string): Promise<string> {
  const approval = new Trigger<boolean>();
  setHandler(approve, (yes) => approval.resolve(yes));
  const status = await Promise.race([approval, sleep('7 days').then(() => undefined)]);
  if (status === undefined) return `${id} timed out`;
  return status ? await sendEmail(id, 'paid') : `${id} rejected`;
}

export async function failures(kind: string): Promise<unknown> {
  try {
    await payWithError(kind);
    return 'none';
  } catch (err) {
    if (!(err instanceof ActivityFailure) || !(err.cause instanceof ApplicationFailure)) throw err;
    const { type, message, details, nonRetryable } = err.cause;
    return {
      type,
      message,
      details: details ?? null,
      nonRetryable,
      root: rootCause(err),
      retryState: err.retryState,
    };
  }
}

export async function eagerly(): Promise<string[]> {
  return [
    await local.sendEmail('a', 'local'),
    await sendEmail('b', 'eager'),
    uuid4().split('-').length.toString(),
  ];
}

export async function dynamic(): Promise<string[]> {
  const seen: string[] = [];
  setDefaultSignalHandler((name, ...args) => void seen.push(`${name}(${args})`));
  setDefaultQueryHandler((name) => `${name}: ${seen.length}`);
  await condition(() => seen.length === 2);
  return seen;
}

export async function parent(names: string[]): Promise<string[]> {
  const handles: ChildWorkflowHandle<typeof child>[] = [];
  for (const name of names) {
    handles.push(
      await startChild(child, {
        args: [name],
        workflowId: `${workflowInfo().workflowId}/${name}`,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        searchAttributes: {},
        memo: { name },
      }),
    );
  }
  await handles[0]!.signal('go');
  return await Promise.all(handles.map((handle) => handle.result()));
}
export async function child(name: string): Promise<string> {
  let gone = false;
  setHandler(defineSignal('go'), () => {
    gone = true;
  });
  await condition(() => gone, '1 hour');
  return `${name} ${gone} ${workflowInfo().parent?.workflowId} ${JSON.stringify(workflowInfo().memo)}`;
}

export async function cleanUp(): Promise<void> {
  try {
    await sleep('1 year');
  } catch (err) {
    if (isCancellation(err)) await CancellationScope.nonCancellable(() => sendEmail('ops', 'cleaned up'));
    throw err;
  }
}

export async function withPatch(): Promise<string> {
  return patched('my-change-id') ? 'new' : 'old';
}
