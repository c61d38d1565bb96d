/** What a run was given and how it is kept: memo, search attributes, timeouts, Workers, size. */

import { attributesOf, type SdkMetadata } from '../../../sdk/common/history.ts';
import { dollarsOf } from '../../../sdk/common/operations.ts';
import { Facts } from '../components/basics.tsx';
import { Code, PayloadMap, Payloads } from '../components/value.tsx';
import { bytes, dateTime, duration, durationMs, plural, timeMs, words } from '../format.ts';
import { eventAttributes } from '../history/event.ts';
import { href } from '../router.ts';
import type { Run } from './run-page.tsx';

const span = (json: string | undefined): string | undefined => {
  const ms = durationMs(json);
  return ms === undefined ? undefined : duration(ms);
};

/** Who took this run's tasks, as history has it: identity → how many. */
function workersOf({ history }: Run): Array<[string, number]> {
  const counts = new Map<string, number>();
  for (const event of history.events) {
    if (!/_TASK_STARTED$/.test(event.eventType)) continue;
    const { identity } = eventAttributes(event) as { identity?: string };
    if (identity) counts.set(identity, (counts.get(identity) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

export function MetadataTab({ run }: { run: Run }) {
  return (
    <div class="two">
      <Kept run={run} />
      <Given run={run} />
    </div>
  );
}

const time = (timestamp: string | undefined): string | undefined => {
  const ms = timeMs(timestamp);
  return ms === undefined ? undefined : dateTime(ms);
};

/** The SDK that ran the workflow's code last, as its tasks say: not each of them does. */
function sdkOf({ history }: Run): string | undefined {
  const last = history.events.findLast(
    (event) => (eventAttributes(event) as { sdkMetadata?: SdkMetadata }).sdkMetadata?.sdkName,
  );
  const { sdkName, sdkVersion } =
    (last && (eventAttributes(last) as { sdkMetadata?: SdkMetadata }).sdkMetadata) ?? {};
  return sdkName && `${sdkName} ${sdkVersion ?? ''}`;
}

/** Which version of the code it runs on, and whether it moves to newer ones. */
function Versioning({ run }: { run: Run }) {
  const { versioningInfo: info } = run.described.workflowExecutionInfo;
  if (!info) return null;
  const { behavior, deploymentVersion: version, versioningOverride } = info;
  return (
    <>
      <h2>Version of its code</h2>
      <Facts
        rows={[
          ['Deployment', version && <span class="mono wrap">{version.deploymentName}</span>],
          ['Build', version && <span class="mono wrap">{version.buildId}</span>],
          ['Behavior', behavior && words(behavior, 'VERSIONING_BEHAVIOR_')],
          [
            'Override',
            versioningOverride && (
              <Code text={JSON.stringify(versioningOverride, null, 2)} label="override" />
            ),
          ],
        ]}
      />
    </>
  );
}

function Kept({ run }: { run: Run }) {
  const { executionConfig: config, workflowExecutionInfo: info } = run.described;
  const { workflowId, runId, namespace } = run.name;
  const [first] = run.history.events;
  const started = first && attributesOf(first, 'WorkflowExecutionStarted');
  const mono = (text: string | undefined) => text && <span class="mono wrap">{text}</span>;
  const queue = href([namespace, 'task-queues', info.taskQueue]);
  return (
    <section>
      <h2>Run</h2>
      <Facts
        rows={[
          ['Workflow ID', mono(workflowId)],
          ['Run ID', mono(runId)],
          ['First run ID', info.firstRunId !== runId && mono(info.firstRunId)],
          ['Type', info.type.name],
          [
            'Task queue',
            <a key="queue" class="mono" href={queue}>
              {info.taskQueue}
            </a>,
          ],
          ['Started', time(info.startTime)],
          ['Executed from', info.executionTime !== info.startTime && time(info.executionTime)],
          ['Closed', time(info.closeTime)],
          ['Started by', mono(started?.identity)],
          ['SDK', mono(sdkOf(run))],
          ['Attempt', started && started.attempt > 1 && started.attempt],
          ['Cron schedule', mono(started?.cronSchedule)],
          ['Priority', info.priority && mono(JSON.stringify(info.priority))],
        ]}
      />
      <Versioning run={run} />
      <h2>Timeouts in force</h2>
      <Facts
        rows={[
          ['Execution', span(config.workflowExecutionTimeout) ?? 'none'],
          ['Run', span(config.workflowRunTimeout) ?? 'none'],
          ['Workflow task', span(config.defaultWorkflowTaskTimeout)],
        ]}
      />
      <h2>History</h2>
      <Facts
        rows={[
          ['Events', Number(info.historyLength).toLocaleString('en')],
          ['Size', bytes(Number(info.historySizeBytes ?? 0))],
          ['State transitions', run.described.operations?.stateTransitions.toLocaleString('en')],
        ]}
      />
      <Cost run={run} />
    </section>
  );
}

/** What it has cost on Cloudflare so far, as the engine has counted. */
function Cost({ run }: { run: Run }) {
  const { operations: counts } = run.described;
  if (!counts) return null;
  const number = (count: number): string => count.toLocaleString('en');
  return (
    <>
      <h2>{run.open ? 'Cost so far, at least' : 'Cost, at least'}</h2>
      <Facts
        rows={[
          ['Rows written', number(counts.rowsWritten)],
          ['Object requests', number(counts.objectRequests)],
          ['Queue operations', number(counts.queueOperations)],
          ['A million such runs', <b key="dollars">{`$${(dollarsOf(counts) * 1_000_000).toFixed(2)}`}</b>],
        ]}
      />
      <p class="hint">
        Beyond what Cloudflare's paid plan includes; without time in memory, the requests of its clients, and
        your own Workers. The few rows and requests behind a run's last event may be forgotten: then it has
        cost a little more.
      </p>
    </>
  );
}

function Given({ run }: { run: Run }) {
  const { executionConfig: config, workflowExecutionInfo: info, problems } = run.described;
  const { summary, details } = config.userMetadata ?? {};
  return (
    <section>
      <h2>Memo</h2>
      <PayloadMap fields={info.memo?.fields} label="memo" />
      <h2>Search attributes</h2>
      <PayloadMap fields={info.searchAttributes?.indexedFields} label="search attribute" />
      {(summary || details) && (
        <>
          <h2>Summary and details</h2>
          <Payloads payloads={[summary, details].flatMap((payload) => payload ?? [])} label="user metadata" />
        </>
      )}
      <h2>Workers that took its tasks</h2>
      <Facts rows={workersOf(run).map(([identity, count]) => [identity, plural(count, 'task')])} />
      {problems.length > 0 && (
        <>
          <h2>Problems</h2>
          <ul>
            {problems.map((problem) => (
              <li key={problem} class="wrap">
                {problem}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
