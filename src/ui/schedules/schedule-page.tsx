/** One schedule: when it acts next, how it went, what it starts, and what can be done to it. */

import { useState } from 'preact/hooks';
import type { DescribeScheduleReply, ScheduleActionResultJson } from '../../../sdk/common/schedule.ts';
import { Only } from '../caller.tsx';
import { Empty, ErrorNote, Facts, Loading, StatusBadge, Time } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { PayloadMap, Payloads } from '../components/value.tsx';
import { dateTime, duration, durationMs, timeMs, words, zonedTime } from '../format.ts';
import { useNow, usePolled } from '../poll.ts';
import { href } from '../router.ts';
import { type ScheduleAction, ScheduleDialog } from './actions.tsx';
import { Calendar } from './calendar.tsx';
import { describeSchedule, type ScheduleName } from './requests.ts';
import { StateBadge } from './schedules-page.tsx';
import { specLines, specNotes } from './spec-text.ts';

export function SchedulePage({ namespace, scheduleId }: ScheduleName) {
  const name = { namespace, scheduleId };
  const { data, error, loading, refresh } = usePolled(
    `schedule ${namespace} ${scheduleId}`,
    (signal) => describeSchedule(name, signal),
    { interval: 2_000, slowest: 10_000 },
  );
  const now = useNow(true);
  const [action, setAction] = useState<ScheduleAction>();
  if (loading) return <Loading what="the schedule" />;
  if (!data)
    return (
      <Empty icon="calendar" title={`Schedule ${scheduleId}`}>
        {error && <ErrorNote error={error} />}
      </Empty>
    );
  return (
    <>
      <Head name={name} described={data} onAction={setAction} />
      {error && <ErrorNote error={error} title="What you see may be old. " />}
      <div class="two">
        <Times described={data} name={name} now={now} />
        <Definition described={data} />
      </div>
      <Calendar namespace={namespace} described={data} now={now} />
      {action && (
        <ScheduleDialog
          name={name}
          action={action}
          onClose={() => {
            setAction(undefined);
            refresh();
          }}
        />
      )}
    </>
  );
}

interface HeadProps {
  name: ScheduleName;
  described: DescribeScheduleReply;
  onAction(action: ScheduleAction): void;
}

function Head({ name, described, onAction }: HeadProps) {
  const { state, spec } = described.schedule;
  const paused = state?.paused ?? false;
  const { namespace, scheduleId } = name;
  return (
    <header class="run-head">
      <p class="crumbs">
        <a href={href([namespace, 'schedules'])}>Schedules</a>
      </p>
      <div class="run-title">
        <StateBadge paused={paused} />
        <h1 class="mono wrap">{scheduleId}</h1>
        <span class="spring" />
        <Only>
          <div class="actions">
            <button type="button" class="button" onClick={() => onAction(paused ? 'unpause' : 'pause')}>
              <Icon name={paused ? 'play' : 'wait'} /> {paused ? 'Resume' : 'Pause'}
            </button>
            <button type="button" class="button" onClick={() => onAction('trigger')}>
              Trigger now
            </button>
            <button type="button" class="button" onClick={() => onAction('backfill')}>
              Backfill
            </button>
            <a class="button" href={href([namespace, 'new-schedule'], { edit: scheduleId })}>
              Edit
            </a>
            <button type="button" class="button danger" onClick={() => onAction('delete')}>
              Delete
            </button>
          </div>
        </Only>
      </div>
      <section class={`now ${described.problems.length > 0 ? 'now-waiting' : ''}`} aria-label="When it acts">
        <ul>
          {specLines(spec).map((line) => (
            <li key={line} class="now-line">
              <Icon name="calendar" size={18} />
              <p class="wrap">{line}</p>
            </li>
          ))}
        </ul>
        <p class="now-details dim wrap">{specNotes(spec).join(', ')}</p>
        {described.problems.map((problem) => (
          <p key={problem} class="now-details wrap">
            <b>{problem.charAt(0).toUpperCase() + problem.slice(1)}</b>
          </p>
        ))}
      </section>
    </header>
  );
}

interface TimesProps {
  described: DescribeScheduleReply;
  name: ScheduleName;
  now: number;
}

function Times({ described, name, now }: TimesProps) {
  const { futureActionTimes, recentActions, runningWorkflows } = described.info;
  const paused = described.schedule.state?.paused;
  const zone = described.schedule.spec?.timezoneName || 'UTC';
  return (
    <section>
      <h2>Next times{paused && ', once it goes on'}</h2>
      {futureActionTimes.length === 0 && <p class="dim">None</p>}
      <ol class="tree times">
        {futureActionTimes.map((time) => (
          <li key={time}>
            <span title={`${dateTime(timeMs(time) ?? 0)}, here`}>{zonedTime(timeMs(time) ?? 0, zone)}</span>
            <span class="dim">
              <Time ms={timeMs(time)} now={now} />
            </span>
          </li>
        ))}
      </ol>
      {runningWorkflows.length > 0 && (
        <>
          <h2>Running now</h2>
          <ul class="tree">
            {runningWorkflows.map(({ workflowId, runId }) => (
              <li key={runId}>
                <a class="mono wrap" href={href([name.namespace, 'workflows', workflowId, runId])}>
                  {workflowId}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>Last runs</h2>
      {recentActions.length === 0 && <p class="dim">It has not acted yet.</p>}
      <ol class="tree">
        {recentActions.toReversed().map((action) => (
          <LastRun key={action.startWorkflowResult.runId} action={action} name={name} now={now} />
        ))}
      </ol>
    </section>
  );
}

function LastRun({
  action,
  name,
  now,
}: {
  action: ScheduleActionResultJson;
  name: ScheduleName;
  now: number;
}) {
  const { workflowId, runId } = action.startWorkflowResult;
  return (
    <li>
      <StatusBadge status={action.startWorkflowStatus} />
      <a class="mono wrap" href={href([name.namespace, 'workflows', workflowId, runId])}>
        {workflowId}
      </a>
      <span class="dim">
        <Time ms={timeMs(action.actualTime)} now={now} />
      </span>
    </li>
  );
}

function Definition({ described }: { described: DescribeScheduleReply }) {
  const { schedule, info, memo, searchAttributes } = described;
  const { startWorkflow: action } = schedule.action ?? {};
  const { policies, state } = schedule;
  const catchup = durationMs(policies?.catchupWindow);
  return (
    <section>
      <h2>Starts</h2>
      <Facts
        rows={[
          ['Workflow type', action?.workflowType.name],
          ['Task queue', action && <span class="mono wrap">{action.taskQueue.name}</span>],
          ['Workflow ID', action && <span class="mono wrap">{action.workflowId}</span>],
        ]}
      />
      <h3>Arguments</h3>
      <Payloads payloads={action?.input?.payloads} label="argument" none="None" />
      <h2>Policies</h2>
      <Facts
        rows={[
          ['When runs overlap', words(policies?.overlapPolicy ?? 'SKIP', 'SCHEDULE_OVERLAP_POLICY_')],
          ['Catches up on', catchup === undefined ? undefined : duration(catchup)],
          ['Pauses on failure', policies?.pauseOnFailure && 'yes'],
          ['Actions left', state?.limitedActions && String(state.remainingActions ?? 0)],
          ['Notes', state?.notes && <span class="wrap">{state.notes}</span>],
        ]}
      />
      <h2>So far</h2>
      <Facts
        rows={[
          ['Actions', info.actionCount],
          ['Left out, runs overlapped', info.overlapSkipped],
          ['Missed, too late', info.missedCatchupWindow],
          ['Dropped from the buffer', info.bufferDropped],
          ['Waiting in the buffer', info.bufferSize],
          ['Created', dateTime(timeMs(info.createTime) ?? 0)],
        ]}
      />
      {memo && (
        <>
          <h2>Memo</h2>
          <PayloadMap fields={memo.fields} label="memo" />
        </>
      )}
      {searchAttributes && (
        <>
          <h2>Search attributes</h2>
          <PayloadMap fields={searchAttributes.indexedFields} label="search attribute" />
        </>
      )}
    </section>
  );
}
