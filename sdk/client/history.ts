/** Reading history page by page, to its present end or, following, until the run closes. */

import type { HistoryEvent, HistoryEventName } from '../common/history.ts';
import type { ExecutionRef } from '../common/service.ts';
import type { CallLimits } from './call.ts';
import type { WorkflowService } from './workflow-service.ts';

type AttributesField<N extends HistoryEventName> = `${Uncapitalize<N>}EventAttributes`;

/** An event as programs look at it: it may be asked for the attributes of any kind, and has those of its own. */
export type FetchedEvent = {
  [N in HistoryEventName]: HistoryEvent<N> & {
    [A in AttributesField<Exclude<HistoryEventName, N>>]?: undefined;
  };
}[HistoryEventName];

/** What {@link WorkflowHandle.fetchHistory} gives. */
export interface FetchedHistory {
  events: FetchedEvent[];
}

export interface ReadHistoryOptions {
  namespace: string;
  execution: ExecutionRef;
  /** Wait for each event that is still to come; ends when the run has closed. Outlives restarts of the engine. */
  follow?: boolean;
  abortSignal?: AbortSignal;
}

/** The events of a run in order. @throws RpcError NOT_FOUND for an unknown workflow. */
export async function* readHistory(
  service: WorkflowService,
  { namespace, execution, follow = false, abortSignal }: ReadHistoryOptions,
): AsyncGenerator<HistoryEvent> {
  const limits: CallLimits = abortSignal ? { abortSignal } : {};
  let nextPageToken: string | undefined;
  do {
    const page = await service.getWorkflowExecutionHistory(
      { namespace, execution, waitNewEvent: follow, ...(nextPageToken && { nextPageToken }) },
      limits,
    );
    const events = page.history?.events ?? [];
    yield* events;
    if (!follow && events.length === 0) return;
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
}
