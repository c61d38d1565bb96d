/** The glance: what it is, how it stands, what it does now or what it waits for. */

import { useMay } from '../caller.tsx';
import { CopyButton, ErrorNote, StatusBadge, Time } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { duration, relative, timeMs } from '../format.ts';
import { failureMessages } from '../history/event.ts';
import { isStuck, type NowLine, nowLines } from '../history/now.ts';
import { payloadLine } from '../payload.ts';
import { href, setSearch } from '../router.ts';
import { runStatus } from '../status.ts';
import { ActionBar } from './actions.tsx';
import { outcomeOf } from './input-result.tsx';
import type { Run } from './run-page.tsx';

export function RunHeader({ run, lost }: { run: Run; lost: Error | undefined }) {
  const { described, now, open, name } = run;
  const info = described.workflowExecutionInfo;
  const start = timeMs(info.startTime) ?? now;
  const end = timeMs(info.closeTime);
  const stuck = open && isStuck(described);
  return (
    <header class="run-head">
      <p class="crumbs">
        <a href={href([name.namespace, 'workflows'])}>Workflows</a>
        <Icon name="chevron" size={12} />
        <a
          href={href([name.namespace, 'workflows'], {
            query: `WorkflowType = '${info.type.name.replaceAll("'", "''")}'`,
          })}
        >
          {info.type.name}
        </a>
      </p>
      <div class="run-title">
        <div class="run-name">
          <StatusBadge status={info.status} />
          {stuck && <span class="tag stuck">stuck</span>}
          <h1 class="mono wrap">{name.workflowId}</h1>
          <CopyButton text={name.workflowId} what="workflow ID" />
        </div>
        <ActionBar run={run} />
      </div>
      <p class="run-facts">
        <span>
          Started <Time ms={start} now={now} />
        </span>
        <span>
          {open ? 'Running for' : 'Took'} <b>{duration((end ?? now) - start)}</b>
        </span>
        <span>
          <a class="mono" href={href([name.namespace, 'task-queues', info.taskQueue])}>
            {info.taskQueue}
          </a>
        </span>
        <span class="dim">
          Run <span class="mono">{name.runId}</span> <CopyButton text={name.runId} what="run ID" />
        </span>
      </p>
      {lost && <ErrorNote error={lost} title="What you see may be old. " />}
      {open ? <NowPanel run={run} /> : <Outcome run={run} />}
    </header>
  );
}

function NowPanel({ run }: { run: Run }) {
  const lines = nowLines(run.described, run.items, run.handlers, run.now);
  const details = run.handlers?.currentDetails;
  return (
    <section class={`now now-${lines[0]?.tone ?? 'running'}`} aria-label="What it does now">
      <ul>
        {lines.map((line, i) => (
          <Line key={`${line.kind} ${line.item ?? i}`} line={line} run={run} />
        ))}
      </ul>
      {details && <p class="now-details wrap">{details}</p>}
    </section>
  );
}

function Line({ line, run }: { line: NowLine; run: Run }) {
  const may = useMay();
  const { kind, tone, text, reason, advice, taskQueue, due, item, workflow, messages = [] } = line;
  return (
    <li class={`now-line now-${tone}`}>
      <Icon name={kind} size={18} />
      <div>
        <p class="wrap">
          {item ? (
            <button
              type="button"
              class="link plain"
              onClick={() => setSearch({ item, tab: undefined, event: undefined })}
            >
              {text}
            </button>
          ) : (
            text
          )}
          {workflow && (
            <>
              {' '}
              <a
                class="mono"
                href={href([
                  run.name.namespace,
                  'workflows',
                  workflow.workflowId,
                  ...(workflow.runId ? [workflow.runId] : []),
                ])}
              >
                {workflow.workflowId}
              </a>
            </>
          )}
          {messages.map((message) => (
            <button
              key={`${message.kind} ${message.name}`}
              type="button"
              class="button small message"
              disabled={!may}
              onClick={() => run.act(message.kind, message.name)}
            >
              {message.kind} <span class="mono wrap">{message.name}</span>
            </button>
          ))}
          {due !== undefined && due > run.now && <b class="countdown"> {relative(due, run.now)}</b>}
        </p>
        {reason && <p class="now-reason wrap">{reason}</p>}
        {advice && (
          <p class="now-advice wrap">
            {advice}
            {taskQueue && (
              <>
                {' '}
                <a href={href([run.name.namespace, 'task-queues', taskQueue])}>Who serves {taskQueue}?</a>
              </>
            )}
          </p>
        )}
      </div>
    </li>
  );
}

function Outcome({ run }: { run: Run }) {
  const { result, failure, continuedAs } = outcomeOf(run.history.events);
  const { tone, label } = runStatus(run.described.workflowExecutionInfo.status);
  const [said, ...because] = failure ? failureMessages(failure) : [];
  const text = said ?? (result && payloadLine(result, 400));
  if (!text && !continuedAs) return null;
  return (
    <section class={`now outcome tone-${tone}`} aria-label="How it ended">
      <p class="wrap">
        <b>{label}</b>
        {text && (failure ? `: ${text}` : ' with ')}
        {text && !failure && <span class="mono">{text}</span>}
        {continuedAs && (
          <>
            {' '}
            in run{' '}
            <a class="mono" href={href([run.name.namespace, 'workflows', run.name.workflowId, continuedAs])}>
              {continuedAs}
            </a>
          </>
        )}
      </p>
      {because.length > 0 && <p class="now-reason wrap">Because: {because.join(' ← ')}</p>}
    </section>
  );
}
