/** Workflow executions: what each route asks of the object that owns the workflow id. */

import type { z } from 'zod';
import { invalidArgument } from '../../../sdk/common/errors.ts';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import type {
  DescribeWorkflowExecutionReply,
  GetWorkflowExecutionHistoryReply,
  GetWorkflowResultReply,
  QueryWorkflowReply,
  StartAndWaitReply,
  StartWorkflowExecutionReply,
} from '../../../sdk/common/service.ts';
import type { Call } from '../call.ts';
import type * as schemas from '../schemas.ts';
import { orArchived } from './storage.ts';

/** How long `result` and start-and-wait wait, by default and at most, in milliseconds: as long as an object lets wait. */
const LONGEST_WAIT_MS = 20_000;
const MAX_REVERSE_PAGE = 1_000;
const REVERSE_READ_PAGE = 1_000;
/** Characters: a page ends early rather than fill the memory of an isolate, as pages of the object do. */
const MAX_REVERSE_LENGTH = 4 * 1024 * 1024;

type Query<S extends keyof typeof schemas> = (typeof schemas)[S] extends z.ZodType
  ? z.output<(typeof schemas)[S]>
  : never;

export async function startWorkflowExecution(
  request: Query<'startWorkflowExecution'>,
  call: Call,
): Promise<StartWorkflowExecutionReply> {
  const { namespace, workflowId } = request;
  const reply = await call.request(namespace, workflowId, {
    kind: 'StartWorkflowExecution',
    ...call.identified(await call.typed(request)),
  });
  if (reply.started) call.recordStart(namespace, workflowId);
  return reply;
}

export async function startAndWait(
  { waitMs, ...request }: Query<'startAndWait'>,
  call: Call,
): Promise<StartAndWaitReply> {
  const { namespace, workflowId } = request;
  const start = { kind: 'StartWorkflowExecution' as const, ...call.identified(await call.typed(request)) };
  const wait = Math.min(waitMs ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS);
  const reply = await call.execution(namespace, workflowId, (stub) => stub.startAndWait(start, wait));
  // One that has closed writes its row as any other does: its object did not fail right after the start.
  if (reply.started && reply.result.pending) call.recordStart(namespace, workflowId);
  return reply;
}

export async function signalWithStartWorkflowExecution(
  request: Query<'signalWithStart'>,
  call: Call,
): Promise<StartWorkflowExecutionReply> {
  const { namespace, workflowId } = request;
  const reply = await call.request(namespace, workflowId, {
    kind: 'SignalWithStartWorkflowExecution',
    ...call.identified(await call.typed(request)),
  });
  if (reply.started) call.recordStart(namespace, workflowId);
  return reply;
}

export async function signalWorkflowExecution(
  request: Query<'signalWorkflowExecution'>,
  call: Call,
): Promise<object> {
  const { namespace, workflowExecution } = request;
  await call.request(namespace, workflowExecution.workflowId, {
    kind: 'SignalWorkflowExecution',
    ...call.identified(request),
  });
  return {};
}

export async function requestCancelWorkflowExecution(
  request: Query<'requestCancel'>,
  call: Call,
): Promise<object> {
  const { namespace, workflowExecution } = request;
  await call.request(namespace, workflowExecution.workflowId, {
    kind: 'RequestCancelWorkflowExecution',
    ...call.identified(request),
  });
  return {};
}

export async function terminateWorkflowExecution(request: Query<'terminate'>, call: Call): Promise<object> {
  const { namespace, workflowExecution } = request;
  await call.request(namespace, workflowExecution.workflowId, {
    kind: 'TerminateWorkflowExecution',
    ...request,
  });
  return {};
}

export function describeWorkflowExecution(
  { namespace, execution: { workflowId, runId } }: Query<'describe'>,
  call: Call,
): Promise<DescribeWorkflowExecutionReply> {
  const live = () => call.execution(namespace, workflowId, (stub) => stub.describe({ runId }));
  return orArchived(call, namespace, live, (archive) => archive.describe(workflowId, runId));
}

export function queryWorkflow(request: Query<'queryWorkflow'>, call: Call): Promise<QueryWorkflowReply> {
  return call.execution(request.namespace, request.execution.workflowId, (stub) => stub.query(request));
}

export function getWorkflowExecutionHistory(
  { skipArchival, ...request }: Query<'history'>,
  call: Call,
): Promise<GetWorkflowExecutionHistoryReply> {
  const { namespace, execution } = request;
  const live = () => call.execution(namespace, execution.workflowId, (stub) => stub.history(request));
  return skipArchival ? live() : orArchived(call, namespace, live, (archive) => archive.history(request));
}

/** The newest events first. The object pages forward only, so all of them are read and the wanted ones kept. */
export async function getWorkflowExecutionHistoryReverse(
  { maximumPageSize, nextPageToken, ...request }: Query<'historyReverse'>,
  call: Call,
): Promise<GetWorkflowExecutionHistoryReply> {
  const size = Math.min(maximumPageSize || MAX_REVERSE_PAGE, MAX_REVERSE_PAGE);
  const before = nextPageToken === undefined ? Number.POSITIVE_INFINITY : eventIdOf(nextPageToken);
  let kept: Measured[] = [];
  let token: string | undefined;
  do {
    const page = await getWorkflowExecutionHistory(
      { ...request, maximumPageSize: REVERSE_READ_PAGE, ...(token && { nextPageToken: token }) },
      call,
    );
    const { events } = page.history;
    for (const event of events)
      if (Number(event.eventId) < before) kept.push({ event, length: JSON.stringify(event).length });
    kept = lastPage(kept, size);
    const behind = events.length === 0 || Number(events.at(-1)!.eventId) >= before;
    token = behind ? undefined : page.nextPageToken;
  } while (token);
  const oldest = Number(kept[0]?.event.eventId ?? 1);
  const events = kept.toReversed().map(({ event }) => event);
  return { history: { events }, ...(oldest > 1 && { nextPageToken: String(oldest) }) };
}

interface Measured {
  event: HistoryEvent;
  length: number;
}

/** The last ones, as many as belong to one page: the very last in any case. */
function lastPage(events: Measured[], size: number): Measured[] {
  let from = events.length;
  for (let length = 0; from > Math.max(events.length - size, 0); from--) {
    length += events[from - 1]!.length;
    if (length > MAX_REVERSE_LENGTH && from < events.length) break;
  }
  return events.slice(from);
}

function eventIdOf(nextPageToken: string): number {
  if (/^[1-9]\d{0,9}$/.test(nextPageToken)) return Number(nextPageToken);
  throw invalidArgument('nextPageToken: not a token of this engine; start again without one');
}

export function getWorkflowResult(
  { namespace, execution: { workflowId, runId }, waitMs, followRuns }: Query<'result'>,
  call: Call,
): Promise<GetWorkflowResultReply> {
  return waitForResult({ namespace, workflowId, runId, waitMs, followRuns }, call);
}

function waitForResult(
  {
    namespace,
    workflowId,
    runId,
    followRuns = true,
    ...of
  }: { namespace: string; workflowId: string; runId?: string; waitMs?: number; followRuns?: boolean },
  call: Call,
): Promise<GetWorkflowResultReply> {
  const waitMs = Math.min(of.waitMs ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS);
  const live = () =>
    call.execution(namespace, workflowId, (stub) => stub.result({ runId, waitMs, followRuns }));
  return orArchived(call, namespace, live, (archive) => archive.result(workflowId, runId));
}
