/** The family of a run: who started it, what it started, and the runs before and after it. */

import { attributesOf, type WorkflowExecution } from '../../../sdk/common/history.ts';
import type { WorkflowExecutionInfo } from '../../../sdk/common/service.ts';
import { ErrorNote, Loading, StatusBadge, Time } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { listWorkflows } from '../engine.ts';
import { timeMs, words } from '../format.ts';
import { resetBase } from '../history/event.ts';
import { quoted } from '../list/filter.ts';
import { usePolled } from '../poll.ts';
import { href } from '../router.ts';
import type { Run } from './run-page.tsx';

const MOST = 200;

function RunLink({ namespace, execution }: { namespace: string; execution: Partial<WorkflowExecution> }) {
  const { workflowId = '', runId } = execution;
  return (
    <a class="mono wrap" href={href([namespace, 'workflows', workflowId, ...(runId ? [runId] : [])])}>
      {workflowId}
    </a>
  );
}

export function RelationsTab({ run }: { run: Run }) {
  return (
    <div class="two">
      <Family run={run} />
      <Chain run={run} />
    </div>
  );
}

function Family({ run }: { run: Run }) {
  const { parentExecution: parent, rootExecution: root } = run.described.workflowExecutionInfo;
  const children = run.items.filter(({ kind }) => kind === 'child');
  const { namespace } = run.name;
  return (
    <section>
      <h2>Family</h2>
      {root && parent && root.runId !== parent.runId && (
        <p>
          Root <RunLink namespace={namespace} execution={root} />
        </p>
      )}
      {parent ? (
        <p>
          Parent <RunLink namespace={namespace} execution={parent} />
        </p>
      ) : (
        <p class="dim">No parent: it was started from outside.</p>
      )}
      <h3>Children</h3>
      {children.length === 0 && <p class="dim">None</p>}
      <ul class="tree">
        {children.slice(0, MOST).map((child) => (
          <li key={child.id}>
            <Icon name="child" />
            <RunLink namespace={namespace} execution={child.workflow ?? {}} />
            <span class="dim">{child.title}</span>
            <span class={`badge tone-${child.status}`}>{words(child.status)}</span>
          </li>
        ))}
      </ul>
      {children.length > MOST && <p class="dim">and {children.length - MOST} more, in the timeline</p>}
    </section>
  );
}

function Chain({ run }: { run: Run }) {
  const { namespace, workflowId, runId } = run.name;
  const query = `WorkflowId = ${quoted(workflowId)}`;
  const { data, error, loading } = usePolled(
    `chain ${namespace} ${workflowId}`,
    (signal) => listWorkflows(namespace, { query, pageSize: MOST }, signal),
    { interval: 5_000 },
  );
  const [first] = run.history.events;
  const started = first && attributesOf(first, 'WorkflowExecutionStarted');
  const before = started?.continuedExecutionRunId;
  const reset = run.history.events.map(resetBase).findLast((base) => base !== undefined);
  return (
    <section>
      <h2>Runs of this workflow ID</h2>
      {before && (
        <p>
          It continues{' '}
          <a class="mono wrap" href={href([namespace, 'workflows', workflowId, before])}>
            {before}
          </a>
        </p>
      )}
      {reset && (
        <p>
          It was reset from{' '}
          <a class="mono wrap" href={href([namespace, 'workflows', workflowId, reset])}>
            {reset}
          </a>
        </p>
      )}
      {loading && <Loading what="runs" />}
      {error && <ErrorNote error={error} />}
      <ol class="tree">
        {data?.executions.map((info: WorkflowExecutionInfo) => (
          <li key={info.execution.runId} aria-current={info.execution.runId === runId ? 'true' : undefined}>
            <StatusBadge status={info.status} />
            <a class="mono wrap" href={href([namespace, 'workflows', workflowId, info.execution.runId])}>
              {info.execution.runId}
            </a>
            <span class="dim">
              <Time ms={timeMs(info.startTime)} now={run.now} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
