import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';

type IHistory = temporal.api.history.v1.IHistory;
type IHistoryEvent = temporal.api.history.v1.IHistoryEvent;
const { EventType } = temporal.api.enums.v1;

export interface Audit {
  types: Record<string, number>;
  signatures: { by: string; amount: number }[];
  failures: string[];
  waitedMs: number;
  ids: number[];
}

function signatureOf(event: IHistoryEvent): { by: string; amount: number } {
  const payload = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0];
  if (!payload?.data) throw new Error('a signature without a payload');
  const decoded = JSON.parse(Buffer.from(payload.data).toString('utf8'));
  const converted = defaultPayloadConverter.fromPayload<{ by: string; amount: number }>(payload);
  if (decoded.by !== converted.by) throw new Error('decoded in two ways');
  return converted;
}

/** What happened, for those who were not there. */
export function audit(history: IHistory): Audit {
  const events = history.events ?? [];
  const types: Record<string, number> = {};
  for (const { eventType } of events) {
    const name = EventType[eventType!];
    types[name] = (types[name] ?? 0) + 1;
  }
  const [timer] = events.filter((e) => e.eventType === EventType.EVENT_TYPE_TIMER_STARTED);
  const fired = events.find((e) => e.timerFiredEventAttributes?.startedEventId?.eq(timer.eventId!));
  return {
    types,
    signatures: events
      .filter((e) => e.eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
      .map(signatureOf),
    failures: events.flatMap((e) => e.activityTaskStartedEventAttributes?.lastFailure?.message ?? []),
    waitedMs: tsToMs(fired!.eventTime!) - tsToMs(timer.eventTime!),
    ids: events.map((e) => e.eventId!.toNumber()),
  };
}
