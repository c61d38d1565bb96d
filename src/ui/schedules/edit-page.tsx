/** Creates a schedule, or (`?edit=`) changes one. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { DescribeScheduleReply, ScheduleJson, ScheduleSpecJson } from '../../../sdk/common/schedule.ts';
import { ErrorNote, Loading } from '../components/basics.tsx';
import { Choice, Field, Tick, textOf } from '../components/dialog.tsx';
import { knownNames } from '../pages/known-names.ts';
import { formatArguments, parseArguments } from '../payload.ts';
import { usePolled } from '../poll.ts';
import { href, navigate, useLocation } from '../router.ts';
import { OVERLAP_POLICIES } from './policies.ts';
import { SpecPreview } from './preview.tsx';
import { createSchedule, describeSchedule, type ScheduleName, updateSchedule } from './requests.ts';

export function EditSchedulePage({ namespace }: { namespace: string }) {
  const scheduleId = useLocation().search.get('edit') ?? undefined;
  const { data, error, loading } = usePolled(scheduleId && `edit ${namespace} ${scheduleId}`, (signal) =>
    describeSchedule({ namespace, scheduleId: scheduleId! }, signal),
  );
  return (
    <>
      <div class="page-head">
        <h1 class="wrap">{scheduleId ? `Edit ${scheduleId}` : 'Create a schedule'}</h1>
      </div>
      {error && <ErrorNote error={error} />}
      {loading && <Loading what="the schedule" />}
      {!loading && !error && <ScheduleForm namespace={namespace} scheduleId={scheduleId} before={data} />}
    </>
  );
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
const seconds = (text: string): string | undefined =>
  text === '' ? undefined : `${text.replace(/s$/, '')}s`;
const bare = (duration: string | undefined): string | undefined => duration?.replace(/s$/, '');

/** What the form's fields do not show: kept as it is, and edited as JSON. */
type Rest = Omit<ScheduleSpecJson, 'cronString' | 'timezoneName' | 'interval' | 'jitter'>;

function specOf(form: FormData): ScheduleSpecJson {
  const every = seconds(textOf(form, 'every'));
  const rest = textOf(form, 'calendars');
  let more: Rest = {};
  try {
    if (rest) more = JSON.parse(rest) as Rest;
  } catch (error) {
    throw new Error(`Calendars: not JSON: ${(error as Error).message}`);
  }
  return {
    ...more,
    cronString: lines(textOf(form, 'cron')),
    ...(every && { interval: [{ interval: every, phase: seconds(textOf(form, 'offset')) }] }),
    timezoneName: textOf(form, 'timezone') || undefined,
    jitter: seconds(textOf(form, 'jitter')),
  };
}

function scheduleOf(form: FormData, before: ScheduleJson | undefined): ScheduleJson {
  return {
    spec: specOf(form),
    action: {
      startWorkflow: {
        ...before?.action?.startWorkflow,
        workflowId: textOf(form, 'workflowId'),
        workflowType: { name: textOf(form, 'workflowType') },
        taskQueue: { name: textOf(form, 'taskQueue') },
        input: { payloads: parseArguments(textOf(form, 'args')) },
      },
    },
    policies: {
      ...before?.policies,
      overlapPolicy: textOf(form, 'overlap'),
      catchupWindow: seconds(textOf(form, 'catchup')),
      pauseOnFailure: form.has('pauseOnFailure'),
    },
    state: { ...before?.state, notes: textOf(form, 'notes') },
  };
}

function restOf(spec: ScheduleSpecJson | undefined): string {
  if (!spec) return '';
  const { cronString: _cron, timezoneName: _zone, interval: _interval, jitter: _jitter, ...rest } = spec;
  const given = Object.entries(rest).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return given.length === 0 ? '' : JSON.stringify(Object.fromEntries(given), null, 2);
}

interface ScheduleFormProps {
  namespace: string;
  scheduleId: string | undefined;
  before: DescribeScheduleReply | undefined;
}

function ScheduleForm({ namespace, scheduleId, before }: ScheduleFormProps) {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const [edits, setEdits] = useState(0);
  // The fields are there to be read once they have been drawn.
  useEffect(() => setEdits(1), []);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const name: ScheduleName = { namespace, scheduleId: scheduleId ?? textOf(form, 'scheduleId') };
    try {
      const schedule = scheduleOf(form, before?.schedule);
      if (before) await updateSchedule(name, schedule, before.conflictToken);
      else await createSchedule(name, schedule);
      navigate(href([namespace, 'schedules', name.scheduleId]));
    } catch (failed) {
      setError(failed as Error);
      setBusy(false);
    }
  };
  return (
    <form ref={form} class="card form" onSubmit={submit} onInput={() => setEdits(edits + 1)}>
      {!before && <Field label="Schedule ID" name="scheduleId" required autofocus />}
      <Action namespace={namespace} before={before?.schedule} />
      <Spec spec={before?.schedule.spec} />
      {form.current && <SpecPreview read={() => specOf(new FormData(form.current!))} now={Date.now()} />}
      <Policies before={before?.schedule} />
      {error && <ErrorNote error={error} />}
      <div class="form-end">
        <a class="button" href={href([namespace, 'schedules', ...(scheduleId ? [scheduleId] : [])])}>
          Cancel
        </a>
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? 'Saving…' : before ? 'Save' : 'Create schedule'}
        </button>
      </div>
    </form>
  );
}

// biome-ignore format: one line a field
function Action({ namespace, before }: { namespace: string; before: ScheduleJson | undefined }) {
  const known = usePolled(`names ${namespace}`, (signal) => knownNames(namespace, signal)).data;
  const action = before?.action?.startWorkflow;
  // Made once: see the form that starts a workflow.
  const [proposedId] = useState(() => `scheduled-${crypto.randomUUID().slice(0, 8)}`);
  return (
    <fieldset>
      <legend>What it starts</legend>
      <div class="columns">
        <Field label="Workflow type" name="workflowType" required known={known?.types ?? []} value={action?.workflowType.name} />
        <Field label="Task queue" name="taskQueue" required known={known?.taskQueues ?? []} value={action?.taskQueue.name} />
      </div>
      <Field label="Workflow ID" name="workflowId" required value={action?.workflowId ?? proposedId} hint="Each run gets its nominal time behind it." />
      <Field label="Arguments" name="args" rows={4} value={formatArguments(action?.input?.payloads)} hint="JSON. One argument may span lines; several stand one per line. Empty: none." />
    </fieldset>
  );
}

// biome-ignore format: one line a field
function Spec({ spec }: { spec: ScheduleSpecJson | undefined }) {
  const [interval] = spec?.interval ?? [];
  return (
    <fieldset>
      <legend>When</legend>
      <Field label="Cron strings" name="cron" rows={2} value={spec?.cronString?.join('\n')} placeholder="0 9 * * MON-FRI" hint="One per line." />
      <div class="columns">
        <Field label="Every (seconds)" name="every" value={bare(interval?.interval)} />
        <Field label="Offset (seconds)" name="offset" value={bare(interval?.phase)} />
        <Field label="Time zone" name="timezone" value={spec?.timezoneName} placeholder="UTC" known={Intl.supportedValuesOf('timeZone')} />
        <Field label="Jitter (seconds)" name="jitter" value={bare(spec?.jitter)} />
      </div>
      <details open={restOf(spec) !== ''}>
        <summary>Calendars, exclusions, start and end</summary>
        <Field label="As JSON" name="calendars" rows={6} value={restOf(spec)} placeholder='{ "calendar": [{ "hour": "9", "dayOfWeek": "MON" }] }' />
      </details>
    </fieldset>
  );
}

// biome-ignore format: one line a field
function Policies({ before }: { before: ScheduleJson | undefined }) {
  const { policies, state } = before ?? {};
  return (
    <fieldset>
      <legend>Policies</legend>
      <Choice label="When runs overlap" name="overlap" choices={OVERLAP_POLICIES} value={policies?.overlapPolicy ?? OVERLAP_POLICIES[0]![0]} />
      <Field label="Catch up on missed times of the last (seconds)" name="catchup" value={bare(policies?.catchupWindow)} hint="Empty: a year." />
      <Tick label="Pause when a run fails" name="pauseOnFailure" checked={policies?.pauseOnFailure ?? false} />
      <Field label="Notes" name="notes" value={state?.notes} />
    </fieldset>
  );
}
