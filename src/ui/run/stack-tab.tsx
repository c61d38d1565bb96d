/** Where the workflow's code stands: asked of the Worker that runs it. */

import { ErrorNote, Loading } from '../components/basics.tsx';
import { Stack } from '../components/value.tsx';
import { queryWorkflow } from '../engine.ts';
import { readPayload } from '../payload.ts';
import { usePolled } from '../poll.ts';
import type { Run } from './run-page.tsx';

const NEEDS_WORKER = 'A Worker that runs this workflow must answer for this.';

export function StackTab({ run }: { run: Run }) {
  const { name, history, open } = run;
  const key = open ? `stack ${name.workflowId} ${name.runId} ${history.events.length}` : undefined;
  const { data, error, loading } = usePolled(key, async (signal) => {
    const [payload] = await queryWorkflow(name, '__stack_trace', [], signal);
    const value = payload && readPayload(payload).value;
    return { stacks: typeof value === 'string' ? value.split('\n\n').filter(Boolean) : [] };
  });
  if (!open) return <p class="dim">The run is closed: its code stands nowhere any more.</p>;
  return (
    <section class="stack">
      <h2>Where the code waits</h2>
      {loading && <Loading what="the call stack" />}
      {error && <ErrorNote error={error} title={`${NEEDS_WORKER} `} />}
      {data?.stacks.length === 0 && <p class="dim">It waits for nothing that has a place in the code.</p>}
      <div class="stack">
        {data?.stacks.map((stack, i) => (
          <Stack key={stack} text={stack} label={`call stack ${i + 1}`} />
        ))}
      </div>
      {run.described.pendingActivities.map(({ activityId, activityType, lastFailure }) =>
        lastFailure?.stackTrace ? (
          <div class="stack" key={activityId}>
            <h3>
              Last failure of activity {activityType.name} ({activityId})
            </h3>
            <Stack text={`${lastFailure.message ?? ''}\n${lastFailure.stackTrace}`} label="activity stack" />
          </div>
        ) : null,
      )}
    </section>
  );
}
