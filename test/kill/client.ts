/**
 * A client that wants one thing after another, asks until it knows (or, now and then, gives up), and writes down what it
 * wanted, when, and what became of it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { attributesOf } from '../../sdk/common/history.ts';
import { defaultPayloadConverter, fromPayloadsJson, toPayloadsJson } from '../../sdk/common/payload.ts';
import type { Op, OpArgs, OpKind, OpReply } from '../checker/evidence.ts';
import { hashOf } from '../checker/storage.ts';
import type { RegisterCommand } from '../workloads/register.ts';

const TRY_TIMEOUT = 12_000;
/** How long a client asks before it gives up for good. */
const PATIENCE = 90_000;
/** How many of those that got no answer give up at once. */
const FAINT_HEARTED = 0.1;

export interface ClientPorts {
  url: string;
  random(): number;
  log(op: Op): void;
}

interface Wanted {
  kind: OpKind;
  workflowId: string;
  requestId?: string;
  args?: OpArgs;
}

export interface StartWish {
  workflowId: string;
  workflowType: string;
  taskQueue: string;
  input?: unknown[];
  reuse?: string;
  conflict?: string;
  args?: OpArgs;
}

export class Client {
  readonly name: string;
  readonly #ports: ClientPorts;
  #requests = 0;
  /** Requests that wait for their answer. */
  static inFlight = 0;

  constructor(name: string, ports: ClientPorts) {
    this.name = name;
    this.#ports = ports;
  }

  newId(): string {
    return `${this.name}-r${++this.#requests}`;
  }

  start(wish: StartWish, requestId = this.newId()): Promise<Op> {
    const { workflowId, workflowType, input, reuse, conflict } = wish;
    const args = { workflowType, input, reuse, conflict, ...wish.args };
    return this.#want(
      { kind: 'start', workflowId, requestId, args },
      'POST',
      `/workflows/${workflowId}`,
      startBody(wish, requestId),
      started,
    );
  }

  signalWithStart(wish: StartWish, name: string, value: unknown): Promise<Op> {
    const { workflowId, workflowType, input } = wish;
    const requestId = this.newId();
    const args = { workflowType, input, name, value, ...wish.args };
    const path = `/workflows/${workflowId}/signal-with-start/${name}`;
    const body = { ...startBody(wish, requestId), signalInput: [value] };
    return this.#want({ kind: 'signalWithStart', workflowId, requestId, args }, 'POST', path, body, started);
  }

  signal(workflowId: string, name: string, value?: unknown, requestId = this.newId()): Promise<Op> {
    const path = `/workflows/${workflowId}/signal/${name}`;
    const body = { requestId, ...(value !== undefined && { input: [value] }) };
    return this.#want({ kind: 'signal', workflowId, requestId, args: { name, value } }, 'POST', path, body);
  }

  command(workflowId: string, command: RegisterCommand): Promise<Op> {
    const requestId = this.newId();
    const body = updateBody(requestId, command);
    const args = { name: 'command', value: command };
    const path = `/workflows/${workflowId}/update/command?noPayloadShorthand=true`;
    return this.#want({ kind: 'update', workflowId, requestId, args }, 'POST', path, body, updated);
  }

  commandWithStart(wish: StartWish, command: RegisterCommand): Promise<Op> {
    const requestId = this.newId();
    const { workflowId, workflowType } = wish;
    const args = { workflowType, name: 'command', value: command, conflict: wish.conflict };
    const path = `/workflows/${workflowId}/update-with-start/command?noPayloadShorthand=true`;
    const body = {
      startWorkflow: startBody(wish, `${requestId}-start`),
      updateWorkflow: updateBody(requestId, command),
    };
    return this.#want(
      { kind: 'updateWithStart', workflowId, requestId, args },
      'POST',
      path,
      body,
      (reply) => {
        const { startWorkflow, updateWorkflow } = reply as { startWorkflow: object; updateWorkflow: object };
        return { ...updated(updateWorkflow), ...started(startWorkflow) };
      },
    );
  }

  query(workflowId: string, name: string): Promise<Op> {
    const path = `/workflows/${workflowId}/query/${name}`;
    return this.#want({ kind: 'query', workflowId, args: { name } }, 'POST', path, {}, (reply) => ({
      value: (reply as { queryResult: unknown[] }).queryResult[0],
    }));
  }

  cancel(workflowId: string): Promise<Op> {
    const requestId = this.newId();
    return this.#want({ kind: 'cancel', workflowId, requestId }, 'POST', `/workflows/${workflowId}/cancel`, {
      requestId,
    });
  }

  terminate(workflowId: string): Promise<Op> {
    // What makes a termination this one: there are no request ids for them.
    const reason = this.newId();
    const path = `/workflows/${workflowId}/terminate`;
    return this.#want({ kind: 'terminate', workflowId, args: { reason } }, 'POST', path, { reason });
  }

  reset(workflowId: string, point: 'firstWorkflowTask' | 'lastWorkflowTask'): Promise<Op> {
    const requestId = this.newId();
    const path = `/workflows/${workflowId}/reset`;
    const body = { requestId, reason: requestId, options: { [point]: {} } };
    const wanted = { kind: 'reset' as const, workflowId, requestId, args: { reason: requestId } };
    return this.#want(wanted, 'POST', path, body, (reply) => ({ runId: (reply as { runId: string }).runId }));
  }

  /** And waits until it is gone. */
  async remove(workflowId: string): Promise<Op> {
    const path = `/workflows/${workflowId}`;
    const op = await this.#want({ kind: 'delete', workflowId }, 'DELETE', path);
    const gone = async (): Promise<boolean> =>
      (await this.#ask('GET', path, undefined))?.body.status === 'NOT_FOUND';
    while (op.outcome === 'ok' && Date.now() - op.t1 < PATIENCE && !(await gone())) await sleep(200);
    return op;
  }

  /** A run a second, so many times; waits until they have begun. */
  async schedule(scheduleId: string, wish: StartWish, expected: number): Promise<Op> {
    const requestId = this.newId();
    const path = `/schedules/${scheduleId}`;
    const { workflowId } = wish;
    const { requestId: _, ...startWorkflow } = { ...startBody(wish, ''), workflowId } as Record<
      string,
      unknown
    >;
    const schedule = {
      spec: { interval: [{ interval: '1s' }] },
      action: { startWorkflow },
      policies: { overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_SKIP' },
      state: { limitedActions: true, remainingActions: String(expected) },
    };
    const args = { scheduleId, overlap: 'SKIP', expected };
    const wanted = { kind: 'schedule' as const, workflowId, requestId, args };
    const op = await this.#want(wanted, 'POST', path, { requestId, schedule });
    const taken = async (): Promise<boolean> => {
      const answer = await this.#ask('GET', path, undefined);
      return (answer?.body as { info?: { actionCount?: string } })?.info?.actionCount === String(expected);
    };
    while (op.outcome === 'ok' && Date.now() - op.t1 < PATIENCE && !(await taken())) await sleep(300);
    return op;
  }

  describe(workflowId: string): Promise<Op> {
    return this.#want(
      { kind: 'describe', workflowId },
      'GET',
      `/workflows/${workflowId}`,
      undefined,
      (reply) => ({ value: reply }),
    );
  }

  result(workflowId: string): Promise<Op> {
    const path = `/workflows/${workflowId}/result?waitMs=2000`;
    return this.#want({ kind: 'result', workflowId }, 'GET', path);
  }

  history(workflowId: string): Promise<Op> {
    const path = `/workflows/${workflowId}/history?noPayloadShorthand=true`;
    return this.#want({ kind: 'history', workflowId }, 'GET', path, undefined, (reply) => {
      const { events } = (reply as { history: { events: HistoryEvent[] } }).history;
      const { originalExecutionRunId: runId } = attributesOf(events[0]!, 'WorkflowExecutionStarted');
      return { runId, events: events.length, sha256: hashOf(events) };
    });
  }

  /** Answers for an activity from outside; `stale` when that has been done. */
  complete(
    kind: 'complete' | 'staleAnswer',
    workflowId: string,
    activityId: string,
    value: unknown,
  ): Promise<Op> {
    const path = `/workflows/${workflowId}/activities/${activityId}/complete`;
    return this.#want({ kind, workflowId, args: { activityId, value } }, 'POST', path, { result: [value] });
  }

  async #want(
    { args = {}, ...wanted }: Wanted,
    method: string,
    path: string,
    body?: object,
    replyOf: (reply: object) => OpReply = () => ({}),
  ): Promise<Op> {
    const op: Op = { client: this.name, ...wanted, t0: Date.now(), t1: 0, outcome: 'unknown', args };
    let unanswered = false;
    Client.inFlight++;
    while (Date.now() - op.t0 < PATIENCE) {
      op.tries = (op.tries ?? 0) + 1;
      const answer = await this.#ask(method, path, body);
      if (answer && answer.status < 300) {
        op.outcome = 'ok';
        op.reply = replyOf(answer.body);
        break;
      }
      if (answer && answer.status < 500 && answer.status !== 429) {
        // After a try without an answer nobody knows what it is that is refused.
        op.outcome = unanswered ? 'unknown' : 'fail';
        op.code = answer.body.status;
        break;
      }
      unanswered = true;
      if (this.#ports.random() < FAINT_HEARTED) break;
      await sleep(100);
    }
    Client.inFlight--;
    op.t1 = Date.now();
    this.#ports.log(op);
    return op;
  }

  async #ask(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: { status?: string } } | undefined> {
    try {
      const response = await fetch(`${this.#ports.url}/api/v1/namespaces/default${path}`, {
        method,
        signal: AbortSignal.timeout(TRY_TIMEOUT),
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const answer = JSON.parse(await response.text()) as { code?: number; details?: unknown };
      return { status: response.status, body: { ...answer, status: codeName(answer.code) } };
    } catch {
      return undefined;
    }
  }
}

/** gRPC's codes, those that are asked for. */
const codeName = (code: number | undefined): string =>
  ({ 3: 'INVALID_ARGUMENT', 5: 'NOT_FOUND', 6: 'ALREADY_EXISTS', 9: 'FAILED_PRECONDITION' })[code ?? -1] ??
  String(code);

function startBody(
  { workflowType, taskQueue, input, reuse, conflict }: StartWish,
  requestId: string,
): object {
  return {
    requestId,
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue },
    ...(input && { input }),
    ...(reuse && { workflowIdReusePolicy: `WORKFLOW_ID_REUSE_POLICY_${reuse}` }),
    ...(conflict && { workflowIdConflictPolicy: `WORKFLOW_ID_CONFLICT_POLICY_${conflict}` }),
  };
}

/** In the long form, as the answer is: an outcome is compared with history. */
function updateBody(updateId: string, command: RegisterCommand): object {
  return {
    request: {
      meta: { updateId },
      input: { name: 'command', args: toPayloadsJson(defaultPayloadConverter, command) },
    },
    waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED' },
  };
}

function started(reply: object): OpReply {
  const { runId, started: began } = reply as { runId: string; started?: boolean };
  return { runId, started: began ?? false };
}

function updated(reply: object): OpReply {
  const { updateRef, stage, outcome } = reply as {
    updateRef: { workflowExecution: { runId: string } };
    stage: string;
    outcome?: { success?: { payloads: [] } };
  };
  const { runId } = updateRef.workflowExecution;
  const value = outcome?.success && fromPayloadsJson(defaultPayloadConverter, outcome.success)[0];
  return { runId, stage, outcome, value };
}
