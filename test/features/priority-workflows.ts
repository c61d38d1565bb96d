import { ApplicationFailure, type Priority } from 'perdure/common';
import {
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  proxyActivities,
  setHandler,
  workflowInfo,
} from 'perdure/workflow';

/** Asks for an activity of that priority. Answers what the activity knows of it. */
export async function urgent(priority: Priority): Promise<Priority | undefined> {
  const { priorityOf } = proxyActivities<{ priorityOf(): Promise<Priority | undefined> }>({
    startToCloseTimeout: '1 minute',
    priority,
  });
  return priorityOf();
}

/** What a run, its activity and its children have of its priority; `over` is what those say that say something. */
export interface Inherited {
  run: Priority | undefined;
  activity: Priority | undefined;
  activityThatSays: Priority | undefined;
  child?: Inherited;
  childThatSays?: Inherited;
}

const priorityOf = (priority?: Priority): Promise<Priority | undefined> =>
  proxyActivities<{ priorityOf(): Promise<Priority | undefined> }>({
    startToCloseTimeout: '1 minute',
    ...(priority && { priority }),
  }).priorityOf();

export async function family(over: Priority, generations: number): Promise<Inherited> {
  const own = {
    run: workflowInfo().priority,
    activity: await priorityOf(),
    activityThatSays: await priorityOf(over),
  };
  if (generations === 0) return own;
  const args: [Priority, number] = [over, generations - 1];
  return {
    ...own,
    child: await executeChild(family, { args }),
    childThatSays: await executeChild(family, { args, priority: over }),
  };
}

export const goOn = defineSignal('goOn');

/** Continues as new, then waits and fails, and is tried again: three runs, and each tells what it has. */
export async function chain(before: (Priority | undefined)[]): Promise<(Priority | undefined)[]> {
  const { priority, attempt } = workflowInfo();
  const seen = [...before, priority];
  if (before.length === 0) return continueAsNew<typeof chain>(seen);
  if (attempt === 1) throw ApplicationFailure.retryable('again');
  return [...seen, await priorityOf()];
}

/** Has an activity that waits until the test has looked. */
export async function pending(over: Priority): Promise<void> {
  let done = false;
  setHandler(goOn, () => {
    done = true;
  });
  const { nobody } = proxyActivities<{ nobody(): Promise<void> }>({
    taskQueue: 'that nobody serves',
    startToCloseTimeout: '1 minute',
    priority: over,
  });
  void nobody().catch(() => undefined);
  await condition(() => done);
}
