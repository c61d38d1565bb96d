/** One task queue: the Workers that serve it, and the runs that use it. */

import { ErrorNote, Loading, Time } from '../components/basics.tsx';
import { countWorkflows, listWorkers } from '../engine.ts';
import { plural, timeMs } from '../format.ts';
import { quoted } from '../list/filter.ts';
import { useNow, usePolled } from '../poll.ts';
import { href } from '../router.ts';
import { Names } from './workers.tsx';

interface TaskQueuePageProps {
  namespace: string;
  taskQueue: string;
}

export function TaskQueuePage({ namespace, taskQueue }: TaskQueuePageProps) {
  const key = `${namespace} ${taskQueue}`;
  const query = `TaskQueue = ${quoted(taskQueue)} AND ExecutionStatus = 'Running'`;
  const running = usePolled(`running ${key}`, (signal) => countWorkflows(namespace, query, signal), {
    interval: 5_000,
  });
  const all = usePolled(`workers ${namespace}`, (signal) => listWorkers(namespace, signal), {
    interval: 5_000,
  });
  const now = useNow(true, 5_000);
  const workers = all.data?.flatMap(({ url, description, lastSeenTime }) =>
    (description?.taskQueues ?? [])
      .filter(({ name }) => name === taskQueue)
      .map((served) => ({ url, lastSeenTime, identity: description!.identity, ...served })),
  );
  return (
    <>
      <div class="page-head">
        <h1>
          Task queue <span class="mono wrap">{taskQueue}</span>
        </h1>
      </div>
      {running.data !== undefined && (
        <p>
          <a href={href([namespace, 'workflows'], { query })}>{plural(running.data, 'open run')}</a> of
          workflows on this task queue
        </p>
      )}
      {all.error && <ErrorNote error={all.error} />}
      {all.loading && <Loading what="Workers" />}
      {workers?.length === 0 && <p class="note">No Worker serves it.</p>}
      <div class="cards">
        {workers?.map((worker) => (
          <section class="card" key={worker.url}>
            <h2 class="mono wrap">{worker.url}</h2>
            <p class="dim">
              {worker.identity}, last seen <Time ms={timeMs(worker.lastSeenTime)} now={now} />
            </p>
            <Names title="Workflows" names={worker.workflowTypes} />
            <Names title="Activities" names={worker.activityTypes} />
          </section>
        ))}
      </div>
    </>
  );
}
