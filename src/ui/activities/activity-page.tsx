/** One activity that belongs to no workflow: how it fares or how it ended, what went in and came out, and what can be done to it. */

import { useState } from 'preact/hooks';
import type { ActivityExecutionInfo, DescribeActivityExecutionReply } from '../../../sdk/common/service.ts';
import { Only } from '../caller.tsx';
import { CopyButton, Empty, ErrorNote, Facts, Loading, StatusBadge, Time } from '../components/basics.tsx';
import { Field, FormDialog, textOf } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { FailureView, PayloadMap, Payloads } from '../components/value.tsx';
import { duration, durationMs, relative, timeMs, words } from '../format.ts';
import { payloadLine } from '../payload.ts';
import { useNow, usePolled } from '../poll.ts';
import { href, navigate } from '../router.ts';
import { isOpen } from '../status.ts';
import { asRunStatus } from './activities-page.tsx';
import { type ActivityName, deleteActivity, describeActivity, endActivity } from './requests.ts';

export function ActivityPage(name: ActivityName) {
  const { namespace, activityId, runId } = name;
  const { data, error, loading, refresh } = usePolled(
    `activity ${namespace} ${activityId} ${runId}`,
    (signal) => describeActivity(name, signal),
    { interval: 1_000, slowest: 10_000 },
  );
  const now = useNow(true);
  if (loading) return <Loading what="the activity" />;
  if (!data)
    return (
      <Empty icon="activity" title={`Activity ${activityId}`}>
        {error && <ErrorNote error={error} />}
      </Empty>
    );
  const { info } = data;
  const lastFailure = data.outcome?.failure ? undefined : info.lastFailure;
  return (
    <>
      <Head name={{ ...name, runId: data.runId }} described={data} now={now} onDone={refresh} />
      {error && <ErrorNote error={error} title="What you see may be old. " />}
      <InputOutcome described={data} />
      <div class="two">
        <Attempts info={info} now={now} />
        <section>
          {lastFailure && (
            <>
              <h2>Last failure</h2>
              <FailureView failure={lastFailure} />
            </>
          )}
          {info.heartbeatDetails && (
            <>
              <h2>Heartbeat details</h2>
              <Payloads payloads={info.heartbeatDetails.payloads} label="heartbeat details" />
            </>
          )}
          {info.searchAttributes && (
            <>
              <h2>Search attributes</h2>
              <PayloadMap fields={info.searchAttributes.indexedFields} label="search attribute" />
            </>
          )}
        </section>
      </div>
    </>
  );
}

interface HeadProps {
  name: ActivityName & { runId: string };
  described: DescribeActivityExecutionReply;
  now: number;
  onDone(): void;
}

function Head({ name, described: { info, problems }, now, onDone }: HeadProps) {
  const { namespace, activityId, runId } = name;
  const status = asRunStatus(info.status);
  const open = isOpen(status);
  const start = timeMs(info.scheduleTime) ?? now;
  const { summary } = info.userMetadata ?? {};
  return (
    <header class="run-head">
      <p class="crumbs">
        <a href={href([namespace, 'activities'])}>Activities</a>
        <Icon name="chevron" size={12} />
        <span>{info.activityType.name}</span>
      </p>
      <div class="run-title">
        <div class="run-name">
          <StatusBadge status={status} />
          <h1 class="mono wrap">{activityId}</h1>
          <CopyButton text={activityId} what="activity ID" />
        </div>
        <Only>
          <Actions name={name} open={open} onDone={onDone} />
        </Only>
      </div>
      <p class="run-facts">
        <span>
          Scheduled <Time ms={start} now={now} />
        </span>
        <span>
          {open ? 'Open for' : 'Took'} <b>{duration((timeMs(info.closeTime) ?? now) - start)}</b>
        </span>
        <span>
          <a class="mono" href={href([namespace, 'task-queues', info.taskQueue])}>
            {info.taskQueue}
          </a>
        </span>
        <span class="dim">
          Run <span class="mono">{runId}</span> <CopyButton text={runId} what="run ID" />
        </span>
      </p>
      {summary && <p class="wrap">{payloadLine([summary])}</p>}
      {open && (
        <section
          class={`now now-${problems.length > 0 ? 'failed' : 'running'}`}
          aria-label="What it does now"
        >
          <p class="now-line">{nowLine(info, now)}</p>
          {problems.map((problem) => (
            <p key={problem} class="now-details wrap">
              {problem}
            </p>
          ))}
        </section>
      )}
    </header>
  );
}

function nowLine(
  { runState = '', attempt, canceledReason, ...info }: ActivityExecutionInfo,
  now: number,
): string {
  const next = timeMs(info.nextAttemptScheduleTime);
  const asked = canceledReason === undefined ? '' : '; it was asked to end';
  if (next !== undefined && next > now) return `Attempt ${attempt} comes ${relative(next, now)}${asked}`;
  const by = info.lastWorkerIdentity ? ` with ${info.lastWorkerIdentity}` : '';
  if (runState.endsWith('_STARTED') || runState.endsWith('CANCEL_REQUESTED'))
    return `Attempt ${attempt} is${by || ' with a Worker'}${asked}`;
  return `Attempt ${attempt} waits for a Worker${asked}`;
}

function Attempts({ info, now }: { info: ActivityExecutionInfo; now: number }) {
  const { maximumAttempts = 0 } = info.retryPolicy ?? {};
  const bound = (json: string | undefined): string | undefined => {
    const ms = durationMs(json);
    return ms ? duration(ms) : undefined;
  };
  return (
    <section>
      <h2>Attempts</h2>
      <Facts
        rows={[
          [
            'Attempt',
            maximumAttempts ? `${info.attempt} of ${maximumAttempts}` : `${info.attempt}, without a bound`,
          ],
          ['State', info.runState && words(info.runState, 'PENDING_ACTIVITY_STATE_')],
          ['Last started', info.lastStartedTime && <Time ms={timeMs(info.lastStartedTime)} now={now} />],
          [
            'Last heartbeat',
            info.lastHeartbeatTime && <Time ms={timeMs(info.lastHeartbeatTime)} now={now} />,
          ],
          ['Ends at the latest', info.expirationTime && <Time ms={timeMs(info.expirationTime)} now={now} />],
          ['Worker', info.lastWorkerIdentity && <span class="mono wrap">{info.lastWorkerIdentity}</span>],
          ['One attempt', bound(info.startToCloseTimeout)],
          ['All attempts', bound(info.scheduleToCloseTimeout)],
          ['Wait for a Worker', bound(info.scheduleToStartTimeout)],
          ['Between heartbeats', bound(info.heartbeatTimeout)],
        ]}
      />
    </section>
  );
}

function InputOutcome({ described: { input, outcome } }: { described: DescribeActivityExecutionReply }) {
  return (
    <div class="two">
      <section>
        <h2>Input</h2>
        <Payloads payloads={input?.payloads} label="argument" none="No arguments" />
      </section>
      <section>
        <h2>{outcome?.failure ? 'Failure' : 'Result'}</h2>
        {outcome?.failure && <FailureView failure={outcome.failure} />}
        {outcome?.result && (
          <Payloads payloads={outcome.result.payloads} label="result" none="It returned nothing" />
        )}
        {!outcome && <p class="dim">Not yet</p>}
      </section>
    </div>
  );
}

type Action = 'cancel' | 'terminate' | 'delete';

const WORDS: Record<Action, { title: string; action: string; text: string }> = {
  cancel: {
    title: 'Ask this activity to end?',
    action: 'Request cancellation',
    text: 'It is told with its next heartbeat, and may clean up before it ends. Where no Worker has it, it ends at once.',
  },
  terminate: {
    title: 'Terminate this activity?',
    action: 'Terminate',
    text: 'It ends at once. A Worker that has it may go on; what it answers is not taken.',
  },
  delete: {
    title: 'Delete this activity?',
    action: 'Delete',
    text: 'What is stored of it is removed for good. If it is open, it is terminated first.',
  },
};

function Actions({ name, open, onDone }: Pick<HeadProps, 'name' | 'onDone'> & { open: boolean }) {
  const [action, setAction] = useState<Action>();
  const submit = async (form: FormData): Promise<void> => {
    if (action === 'delete') {
      await deleteActivity(name);
      navigate(href([name.namespace, 'activities']));
    } else {
      await endActivity(name, action!, textOf(form, 'reason'));
      onDone();
    }
  };
  return (
    <div class="actions">
      {open && (
        <>
          <button type="button" class="button" onClick={() => setAction('cancel')}>
            Cancel
          </button>
          <button type="button" class="button danger" onClick={() => setAction('terminate')}>
            Terminate
          </button>
        </>
      )}
      <button type="button" class="button danger" onClick={() => setAction('delete')}>
        Delete
      </button>
      {action && (
        <FormDialog
          title={WORDS[action].title}
          action={WORDS[action].action}
          danger={action !== 'cancel'}
          onClose={() => setAction(undefined)}
          onSubmit={submit}
        >
          <p>{WORDS[action].text}</p>
          <p class="mono wrap">{name.activityId}</p>
          {action !== 'delete' && <Field label="Reason" name="reason" autofocus />}
        </FormDialog>
      )}
    </div>
  );
}
