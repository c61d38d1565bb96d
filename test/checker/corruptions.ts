/** Ways to spoil good evidence, at least one for each invariant that is checked: what the checker must see. */

import type { HistoryEvent, LogEvent } from '../../sdk/common/history.ts';
import { isTransient } from '../../sdk/common/history.ts';
import { defaultPayloadConverter, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { Act, Evidence, LoggedRow, ObjectDump, Op, OpKind } from './evidence.ts';
import { Facts } from './facts.ts';

export interface Corruption {
  id: string;
  what: string;
  corrupt(evidence: Evidence): void;
}

type Fields = Record<string, any>;

interface Place {
  object: ObjectDump;
  row: LoggedRow;
  event: HistoryEvent & Fields;
  attributes: Fields;
}

/** Events of a type (`TIMER_FIRED`), of objects whose workflow id has a word in it. */
function places(evidence: Evidence, type: string, word = ''): Place[] {
  return evidence.objects
    .filter(({ workflowId }) => workflowId.includes(word))
    .flatMap((object) =>
      object.rows.flatMap((row) =>
        row.events
          .filter(
            (event): event is HistoryEvent => !isTransient(event) && event.eventType === `EVENT_TYPE_${type}`,
          )
          .map((event) => ({
            object,
            row,
            event: event as HistoryEvent & Fields,
            attributes: attributesIn(event),
          })),
      ),
    );
}

const attributesIn = (event: HistoryEvent): Fields =>
  Object.entries(event).find(([key]) => key.endsWith('EventAttributes'))![1] as Fields;

function place(evidence: Evidence, type: string, word = ''): Place {
  return some(places(evidence, type, word)[0], `${type} of ${word}`);
}

function notes(evidence: Evidence, name: string): Fields[] {
  const logged: LogEvent[] = evidence.objects.flatMap(({ rows }) => rows.flatMap(({ events }) => events));
  return logged.filter((event) => isTransient(event) && event.transient === name) as Fields[];
}

/** Gives a workflow of one closed run a reset of it, with its first three events. */
function resetOf(evidence: Evidence): ObjectDump {
  const alone = (object: ObjectDump): boolean => object.rows.every(({ seq }) => seq < 2 ** 28);
  const { object } = some(
    places(evidence, 'WORKFLOW_EXECUTION_COMPLETED').find((found) => alone(found.object)),
    'closed workflow of one run',
  );
  const history = object.rows.flatMap(({ events }) => events.filter((event) => !isTransient(event)));
  const baseRunId = String(attributesIn(history[0] as HistoryEvent).originalExecutionRunId);
  const origin = { runId: 'reset', baseRunId, eventId: 4, owners: [{ runId: baseRunId, before: 4 }] };
  const note = {
    transient: 'RunReset',
    time: Date.now(),
    attributes: { ...origin, childrenStartedLater: [] },
  };
  const events = [note, ...structuredClone(history.slice(0, 3))] as LogEvent[];
  object.rows.push({ seq: 2 ** 28, bytes: 1, events });
  return object;
}

function op(evidence: Evidence, kind: OpKind, fits: (op: Op) => boolean = () => true): Op {
  return some(
    evidence.ops.find((candidate) => candidate.kind === kind && fits(candidate)),
    kind,
  );
}

const acknowledged = ({ outcome }: Op): boolean => outcome === 'ok';

function act(evidence: Evidence, fits: (act: Act) => boolean): Act {
  return some(evidence.acts.find(fits), 'an act');
}

/** The evidence must have it, or it proves nothing. */
function some<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the evidence has no ${what}`);
  return value;
}

/** Two events of a type in one run, so that one can take the other's place. */
function pair(evidence: Evidence, type: string, word = ''): [Place, Place] {
  for (const first of places(evidence, type, word)) {
    const second = places(evidence, type, word).find(
      ({ object, event }) => object === first.object && event !== first.event,
    );
    if (second) return [first, second];
  }
  throw new Error(`the evidence has no two ${type} of ${word}`);
}

const payloads = (value: unknown) => toPayloadsJson(defaultPayloadConverter, value);

// biome-ignore format: a table reads best as one
export const corruptions: readonly Corruption[] = [
  { id: 'I1', what: 'the run of an acknowledged start is gone', corrupt(e) {
    const { workflowId } = op(e, 'start', acknowledged);
    e.objects = e.objects.filter((object) => object.workflowId !== workflowId);
  } },
  { id: 'I2', what: 'a request id has started another run too', corrupt(e) {
    const note = some(notes(e, 'RequestIdRecorded').find(({ attributes }) => attributes.requestKind === 'StartWorkflowExecution' && !attributes.found), 'recorded start');
    const object = some(e.objects.find(({ rows }) => rows.some(({ events }) => events.includes(note as LogEvent))), 'object');
    object.rows.at(-1)!.events.push({ ...note, attributes: { ...note.attributes, runId: 'another' } } as unknown as LogEvent);
  } },
  { id: 'I3', what: 'an acknowledged signal is not in history', corrupt(e) {
    place(e, 'WORKFLOW_EXECUTION_SIGNALED', 'inOrder').attributes.requestId = 'another';
  } },
  { id: 'I3', what: 'a signal is in history twice', corrupt(e) {
    const [first, second] = pair(e, 'WORKFLOW_EXECUTION_SIGNALED', 'inOrder');
    second.attributes.requestId = first.attributes.requestId;
  } },
  { id: 'I4', what: 'an acknowledged update is not accepted', corrupt(e) {
    const { requestId } = op(e, 'update', ({ outcome, reply }) => outcome === 'ok' && 'success' in (reply!.outcome as object));
    const accepted = places(e, 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED').find(({ attributes }) => attributes.protocolInstanceId === requestId);
    some(accepted, 'accepted update').attributes.protocolInstanceId = 'another';
  } },
  { id: 'I4', what: 'an acknowledged cancel request is not recorded', corrupt(e) {
    op(e, 'cancel', acknowledged).requestId = 'another';
  } },
  { id: 'I4', what: 'an acknowledged termination has terminated nothing', corrupt(e) {
    op(e, 'terminate', acknowledged).args.reason = 'another';
  } },
  { id: 'I5', what: 'another result is recorded than was acknowledged', corrupt(e) {
    op(e, 'complete', acknowledged).args.value = 'another';
  } },
  { id: 'I6', what: 'a timer fires twice', corrupt(e) {
    const [first, second] = pair(e, 'TIMER_FIRED', 'idle');
    second.attributes.startedEventId = first.attributes.startedEventId;
  } },
  { id: 'I7', what: 'nobody sent a signal', corrupt(e) {
    const { requestId } = place(e, 'WORKFLOW_EXECUTION_SIGNALED').attributes;
    e.ops = e.ops.filter((candidate) => candidate.requestId !== requestId);
  } },
  { id: 'I7', what: 'nobody has done a completed activity', corrupt(e) {
    const { runId, activityId } = act(e, ({ what }) => what === 'end');
    e.acts = e.acts.filter((candidate) => candidate.runId !== runId || candidate.activityId !== activityId);
  } },
  { id: 'I8', what: 'an attempt is executed before it is recorded', corrupt(e) {
    act(e, ({ what }) => what === 'begin').time -= 60_000;
  } },
  { id: 'I8', what: 'an activity runs again after its completion', corrupt(e) {
    const end = act(e, ({ what }) => what === 'end');
    e.acts.push({ ...end, what: 'begin', worker: 'another', time: end.time + 60_000 });
  } },
  { id: 'I10', what: 'an event id is left out', corrupt(e) {
    place(e, 'WORKFLOW_TASK_STARTED').event.eventId = '999';
  } },
  { id: 'I11', what: 'time goes back', corrupt(e) {
    place(e, 'WORKFLOW_TASK_COMPLETED').event.eventTime = '2001-01-01T00:00:00.000Z';
  } },
  { id: 'I12', what: 'something happens after the end', corrupt(e) {
    const { row, event } = place(e, 'WORKFLOW_EXECUTION_COMPLETED');
    row.events.push({ ...event, eventId: String(Number(event.eventId) + 1) } as LogEvent);
  } },
  { id: 'I13', what: 'a timer fires that nobody started', corrupt(e) {
    place(e, 'TIMER_FIRED').attributes.startedEventId = '1';
  } },
  { id: 'I14', what: 'storage has another history than the API gave', corrupt(e) {
    Object.values(e.histories)[0]!.pop();
  } },
  { id: 'I14', what: 'an earlier read is no beginning of what is there', corrupt(e) {
    const { workflowId, t1 } = op(e, 'start', acknowledged);
    const reply = { runId: Object.keys(e.histories)[0]!, events: 2, sha256: 'another' };
    e.ops.push({ client: 'c', kind: 'history', workflowId, t0: t1, t1, outcome: 'ok', args: {}, reply });
  } },
  { id: 'I15', what: 'a row is lost', corrupt(e) {
    const { object, row } = place(e, 'WORKFLOW_TASK_COMPLETED', 'saga');
    object.rows = object.rows.filter((candidate) => candidate !== row);
  } },
  { id: 'I16', what: 'a row is missing, in which nothing of history was', corrupt(e) {
    const object = some(e.objects.find(({ rows }) => rows.length > 2), 'object with rows');
    object.rows.splice(1, 1);
  } },
  { id: 'I17', what: 'an open run has lost its alarm', corrupt(e) {
    some(e.objects.find(({ workflowId }) => workflowId.includes('poison')), 'poison').alarm = null;
  } },
  { id: 'I17', what: 'the sweeper does not know an open run', corrupt(e) {
    e.visibility.rows = e.visibility.rows.filter(({ workflowId }) => !workflowId.includes('poison'));
  } },
  { id: 'I18', what: 'a row is larger than the platform takes', corrupt(e) {
    e.objects[0]!.rows[0]!.bytes = 3_000_000;
  } },
  { id: 'I19', what: 'another activity was scheduled than the code asks for', corrupt(e) {
    place(e, 'ACTIVITY_TASK_SCHEDULED', 'saga').attributes.activityType.name = 'another';
  } },
  { id: 'I24', what: 'an activity starts again', corrupt(e) {
    const [first, second] = pair(e, 'ACTIVITY_TASK_STARTED', 'saga');
    second.attributes.scheduledEventId = first.attributes.scheduledEventId;
  } },
  { id: 'I25', what: 'a late answer is taken', corrupt(e) {
    op(e, 'staleAnswer').outcome = 'ok';
  } },
  { id: 'I26', what: 'an attempt is left out', corrupt(e) {
    notes(e, 'ActivityTaskAttemptStarted')[0]!.attributes.attempt = 2;
  } },
  { id: 'I27', what: 'an activity times out early', corrupt(e) {
    const { event, attributes } = place(e, 'ACTIVITY_TASK_COMPLETED', 'saga');
    event.eventType = 'EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT' as typeof event.eventType;
    const failure = { timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_START_TO_CLOSE' } };
    Object.assign(event, { activityTaskTimedOutEventAttributes: { ...attributes, failure } });
  } },
  { id: 'I28', what: 'a completion comes behind the deadline', corrupt(e) {
    notes(e, 'ActivityTaskAttemptStarted')[0]!.time -= 3_600_000;
  } },
  { id: 'I29', what: 'heartbeat details are lost', corrupt(e) {
    act(e, ({ what, activityType, attempt }) => what === 'begin' && activityType === 'beat' && attempt === 2).heartbeat = 0;
  } },
  { id: 'I30', what: 'an activity that is cancelled goes on for ever', corrupt(e) {
    const { object, row, event } = place(e, 'ACTIVITY_TASK_SCHEDULED', 'saga');
    object.rows = object.rows.slice(0, object.rows.indexOf(row) + 1);
    const { eventId, eventTime } = event;
    row.events = row.events.slice(0, row.events.indexOf(event) + 1);
    row.events.push({
      eventId: String(Number(eventId) + 1),
      eventTime,
      eventType: 'EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED',
      activityTaskCancelRequestedEventAttributes: { scheduledEventId: eventId, workflowTaskCompletedEventId: '4' },
    } as unknown as LogEvent);
  } },
  { id: 'I31', what: 'an activity changes its key', corrupt(e) {
    e.acts.push({ ...act(e, ({ what }) => what === 'begin'), worker: 'another', key: 'another' });
  } },
  { id: 'I32', what: 'a process executes a delivery twice', corrupt(e) {
    e.acts.push({ ...act(e, ({ what }) => what === 'begin') });
  } },
  { id: 'I33', what: "a client's signals change places", corrupt(e) {
    const [first, second] = pair(e, 'WORKFLOW_EXECUTION_SIGNALED', 'inOrder');
    [first.attributes.requestId, second.attributes.requestId] = [second.attributes.requestId, first.attributes.requestId];
  } },
  { id: 'I34', what: 'a repeated start gives another run', corrupt(e) {
    const start = op(e, 'start', acknowledged);
    e.ops.push({ ...start, reply: { ...start.reply, runId: 'another' } });
  } },
  { id: 'I35', what: 'a run closes with a task that began before its signals', corrupt(e) {
    const { object } = place(e, 'WORKFLOW_EXECUTION_COMPLETED', 'inOrder');
    for (const { attributes } of places(e, 'WORKFLOW_TASK_COMPLETED', object.workflowId)) attributes.startedEventId = '1';
  } },
  { id: 'I36', what: 'a start comes without its signal', corrupt(e) {
    op(e, 'signalWithStart', acknowledged).reply!.runId = op(e, 'start', acknowledged).reply!.runId;
  } },
  { id: 'I37', what: 'a caller is told another outcome', corrupt(e) {
    op(e, 'update', ({ reply }) => reply?.outcome !== undefined).reply!.outcome = { success: payloads('another') };
  } },
  { id: 'I38', what: 'a query does not know of signals', corrupt(e) {
    const { workflowId, t1 } = op(e, 'signalWithStart', acknowledged);
    const [t0, outcome] = [t1 + 1, 'ok'] as const;
    e.ops.push({ client: 'c', kind: 'query', workflowId, t0, t1: t0, outcome, args: { name: 'seen' }, reply: { value: 0 } });
  } },
  { id: 'I39', what: 'two runs of an id are open at once', corrupt(e) {
    const { event } = place(e, 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    event.eventTime = '2090-01-01T00:00:00.000Z';
  } },
  { id: 'I40', what: 'an id is used again against its policy', corrupt(e) {
    const facts = new Facts(e);
    const again = op(e, 'start', ({ workflowId, reply }) => {
      const runs = facts.runsOf(workflowId);
      const index = runs.findIndex(({ runId }) => runId === reply?.runId);
      return reply?.started === true && index > 0 && !runs[index]!.started.continuedExecutionRunId;
    });
    again.args.reuse = 'REJECT_DUPLICATE';
  } },
  { id: 'I41', what: 'a run continues none that is there', corrupt(e) {
    const { object } = place(e, 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    const next = places(e, 'WORKFLOW_EXECUTION_STARTED', object.workflowId).find(({ attributes }) => attributes.continuedExecutionRunId);
    some(next, 'continued run').attributes.continuedExecutionRunId = 'another';
  } },
  { id: 'I42', what: 'a child has another result for its parent', corrupt(e) {
    place(e, 'CHILD_WORKFLOW_EXECUTION_COMPLETED').attributes.result = payloads('another');
  } },
  { id: 'I43', what: 'a reset run does not begin as its base', corrupt(e) {
    const object = resetOf(e);
    const copied = object.rows.at(-1)!.events.find((event) => !isTransient(event) && event.eventId === '2') as Fields;
    copied.eventTime = '2020-01-01T00:00:00.000Z';
  } },
  { id: 'I43', what: 'a reset run has no base', corrupt(e) {
    const [note] = resetOf(e).rows.at(-1)!.events as Fields[];
    note!.attributes.baseRunId = 'another';
  } },
  { id: 'I43', what: 'an acknowledged reset made no run', corrupt(e) {
    const { workflowId, t1 } = op(e, 'start');
    e.ops.push({ client: 'c', kind: 'reset', workflowId, requestId: 'r', t0: t1, t1, outcome: 'ok', args: {}, reply: { runId: 'none' } });
  } },
  { id: 'I44', what: 'two runs are of the same time of a schedule', corrupt(e) {
    const [first, second] = notes(e, 'RequestIdRecorded').filter(({ attributes }) => attributes.requestKind === 'StartWorkflowExecution' && !attributes.found);
    for (const note of [first, second]) note!.attributes.requestId = 'schedule/s/1/2030-01-01T00:00:00Z';
  } },
  { id: 'I44', what: 'a schedule has started less than it was to', corrupt(e) {
    e.ops.push({ client: 'c', kind: 'schedule', workflowId: '', t0: 0, t1: 1, outcome: 'ok', args: { scheduleId: 's', expected: 3 } });
  } },
  { id: 'I48', what: 'what was deleted is there', corrupt(e) {
    const { workflowId, t1 } = op(e, 'start');
    e.ops.push({ client: 'c', kind: 'delete', workflowId, t0: t1, t1, outcome: 'ok', args: {} });
  } },
  { id: 'I45', what: 'visibility takes a closed run for an open one', corrupt(e) {
    const row = some(e.visibility.rows.find(({ open }) => !open), 'closed row');
    row.info.status = 'WORKFLOW_EXECUTION_STATUS_RUNNING';
  } },
  { id: 'I45', what: 'visibility has a run that is not there', corrupt(e) {
    e.visibility.rows.push({ ...e.visibility.rows[0]!, runId: 'another' });
  } },
  { id: 'I46', what: 'visibility is ahead of the object', corrupt(e) {
    for (const row of e.visibility.rows) row.version += 5;
  } },
  { id: 'I47', what: 'a run is on no page', corrupt(e) {
    e.visibility.pages[0]!.pop();
  } },
  { id: 'I47', what: 'a run is on two pages', corrupt(e) {
    e.visibility.pages.push([e.visibility.pages[0]![0]!]);
  } },
  { id: 'I50', what: 'what was added is not in the set', corrupt(e) {
    place(e, 'WORKFLOW_EXECUTION_COMPLETED', 'register').attributes.result = payloads({ value: 0, members: [] });
  } },
  { id: 'I51', what: 'a register answers what nobody wrote', corrupt(e) {
    op(e, 'update', ({ reply }) => reply?.value !== undefined).reply!.value = { value: 77, members: 0, done: true };
  } },
  { id: 'I52', what: 'a deposit was never made', corrupt(e) {
    const { key } = act(e, ({ what, value }) => what === 'effect' && (value as Fields).kind === 'deposit');
    e.acts = e.acts.filter((candidate) => candidate.what !== 'effect' || candidate.key !== key);
  } },
  { id: 'I53', what: 'a program comes to something else', corrupt(e) {
    op(e, 'start', ({ args, outcome }) => args.workflowType === 'program' && outcome === 'ok').args.expected = { z: 1 };
  } },
  { id: 'I54', what: 'a run does not come to its end', corrupt(e) {
    e.run.left = ['a workflow'];
  } },
  { id: 'I55', what: 'nothing tells of code that cannot work', corrupt(e) {
    for (const { object, row } of places(e, 'WORKFLOW_TASK_FAILED', 'poison')) object.rows.splice(object.rows.indexOf(row));
  } },
  { id: 'I57', what: 'a timer fires early', corrupt(e) {
    const { object } = place(e, 'TIMER_FIRED', 'idle');
    for (const { attributes } of places(e, 'TIMER_STARTED', object.workflowId)) attributes.startToFireTimeout = '9999s';
  } },
];
