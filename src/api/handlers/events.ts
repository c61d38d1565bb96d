/** `GET …/events`: a workflow's history as it happens, from run to run. */

import type { z } from 'zod';
import { invalidArgument } from '../../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import { encodeHistoryToken, type HistoryPlace } from '../../../sdk/common/history-token.ts';
import { nextRunOf } from '../../../sdk/common/next-run.ts';
import type { GetWorkflowResultReply } from '../../../sdk/common/service.ts';
import type { Call } from '../call.ts';
import { EventStream, type StreamedMessage } from '../event-stream.ts';
import type { events } from '../schemas.ts';
import { getWorkflowExecutionHistory } from './workflows.ts';

/** A request may ask so many objects and no more; whoever listens longer comes back by itself. */
const MAX_READS = 500;

type Request = z.output<typeof events>;

/** Ids are `<run id>/<event id>`: they say where to go on, whichever run it was. */
export async function streamWorkflowEvents(
  { namespace, execution, lastEventId, followRuns = true }: Request,
  call: Call,
): Promise<EventStream> {
  const seen = lastEventId === undefined ? undefined : placeOf(lastEventId, execution.runId);
  const { workflowId } = execution;
  const ask = (runId: string | undefined): Promise<GetWorkflowResultReply> =>
    call.execution(namespace, workflowId, (stub) => stub.result({ runId, waitMs: 0, followRuns: false }));
  let standing = await ask(seen?.runId || execution.runId);
  let place: HistoryPlace = { runId: standing.runId, eventId: seen?.eventId ?? 0 };
  if (!standing.pending && place.eventId >= Number(standing.closeEvent.eventId)) {
    const next = followRuns ? nextRunOf(standing.closeEvent) : undefined;
    if (next === undefined) return new EventStream(undefined);
    standing = await ask(next);
    place = { runId: next, eventId: 0 };
  }
  return new EventStream(messages({ namespace, workflowId, followRuns }, place, call));
}

interface Followed {
  namespace: string;
  workflowId: string;
  followRuns: boolean;
}

async function* messages(
  { namespace, workflowId, followRuns }: Followed,
  from: HistoryPlace,
  call: Call,
): AsyncGenerator<StreamedMessage> {
  let { runId, eventId } = from;
  for (let reads = 0; reads < MAX_READS; reads++) {
    const page = await getWorkflowExecutionHistory(
      {
        namespace,
        execution: { workflowId, runId },
        nextPageToken: encodeHistoryToken({ runId, eventId }),
        waitNewEvent: true,
      },
      call,
    );
    const { events } = page.history;
    for (const event of events) yield { id: `${runId}/${event.eventId}`, data: event };
    const last: HistoryEvent | undefined = events.at(-1);
    if (last) eventId = Number(last.eventId);
    else if (page.nextPageToken) yield {};
    if (page.nextPageToken) continue;
    const next = followRuns && last ? nextRunOf(last) : undefined;
    if (next === undefined) {
      yield { event: 'end', data: { runId, eventId: String(eventId) } };
      return;
    }
    runId = next;
    eventId = 0;
  }
}

/** An event id alone is one of the run that is asked for. */
function placeOf(lastEventId: string, runId = ''): HistoryPlace {
  const match = /^(?:([^/]{1,200})\/)?(\d{1,10})$/.exec(lastEventId);
  if (!match)
    throw invalidArgument('lastEventId: expected <run id>/<event id>, as the ids of this stream are');
  return { runId: match[1] ?? runId, eventId: Number(match[2]) };
}
