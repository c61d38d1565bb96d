/** Activities that are not done: which attempt, what failed last, when the next one comes. */

import type { PendingActivityInfo } from '../../../sdk/common/service.ts';
import { Only } from '../caller.tsx';
import { Empty, Facts, Time } from '../components/basics.tsx';
import { FailureView, Payloads } from '../components/value.tsx';
import { relative, timeMs, words } from '../format.ts';
import { ActivityActions } from './activity-actions.tsx';
import type { Run } from './run-page.tsx';

export function PendingTab({ run }: { run: Run }) {
  const { pendingActivities } = run.described;
  if (pendingActivities.length === 0)
    return (
      <Empty icon="activity" title="No activity is pending">
        <p>Activities that are scheduled, running or waiting for their next attempt are listed here.</p>
      </Empty>
    );
  return (
    <div class="cards">
      {pendingActivities.map((activity) => (
        <PendingCard key={activity.activityId} run={run} activity={activity} />
      ))}
    </div>
  );
}

function PendingCard({ run, activity }: { run: Run; activity: PendingActivityInfo }) {
  const { now } = run;
  const { activityType, activityId, state, attempt, maximumAttempts, lastFailure, waitingReason } = activity;
  const next = timeMs(activity.nextAttemptScheduleTime);
  const time = (timestamp: string | undefined) => timestamp && <Time ms={timeMs(timestamp)} now={now} />;
  return (
    <section class="card">
      <h2 class="wrap">
        {activityType.name} <span class="dim mono">{activityId}</span>
      </h2>
      {activity.paused && (
        <p class="note">
          <b>Paused</b>
          {activity.pauseInfo?.manual.reason && (
            <span class="wrap">: {activity.pauseInfo.manual.reason}</span>
          )}
        </p>
      )}
      {waitingReason && <p class="note note-failed wrap">{waitingReason}</p>}
      {next !== undefined && next > now && (
        <p class="note">
          Attempt {attempt} <b class="countdown">{relative(next, now)}</b>
        </p>
      )}
      {run.open && (
        <Only>
          <ActivityActions run={run} activity={activity} />
        </Only>
      )}
      <Facts
        rows={[
          ['State', words(state, 'PENDING_ACTIVITY_STATE_')],
          ['Attempt', maximumAttempts ? `${attempt} of ${maximumAttempts}` : `${attempt}, without a bound`],
          ['Task queue', activity.taskQueue && <span class="mono wrap">{activity.taskQueue}</span>],
          ['Scheduled', time(activity.scheduledTime)],
          ['Last started', time(activity.lastStartedTime)],
          ['Last heartbeat', time(activity.lastHeartbeatTime)],
          ['Ends at the latest', time(activity.expirationTime)],
          [
            'Worker',
            activity.lastWorkerIdentity && <span class="mono wrap">{activity.lastWorkerIdentity}</span>,
          ],
        ]}
      />
      {activity.heartbeatDetails && (
        <>
          <h3>Heartbeat details</h3>
          <Payloads payloads={activity.heartbeatDetails.payloads} label="heartbeat details" />
        </>
      )}
      {lastFailure && (
        <>
          <h3>Last failure</h3>
          <FailureView failure={lastFailure} />
        </>
      )}
    </section>
  );
}
