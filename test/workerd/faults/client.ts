/** A client that asks until it knows, and writes down what it asked and what became of it: the checker's `ops`. */

import {
  defaultPayloadConverter,
  fromPayloadsJson,
  type PayloadsJson,
  toPayloadsJson,
} from '../../../sdk/common/payload.ts';
import type { Op, OpArgs, OpKind, OpReply } from '../../checker/evidence.ts';
import { api } from '../support.ts';

const PATIENCE_MS = 60_000;
const FAILED_PRECONDITION = 9;

export interface StartWish {
  workflowType: string;
  args?: unknown[];
  taskQueue?: string;
  more?: object;
  /** Beside what is asked of it: see the checker. */
  op?: OpArgs;
}

export class FaultClient {
  readonly ops: Op[] = [];
  readonly workflowId: string;
  readonly #key: string;
  #requests = 0;

  /** Of the workflow ids with this key. */
  constructor(key: string) {
    this.#key = key;
    this.workflowId = `~${key}~`;
  }

  start(wish: StartWish, workflowId = this.workflowId): Promise<Op> {
    const requestId = this.#requestId();
    const args = { workflowType: wish.workflowType, input: wish.args, finite: true, ...wish.op };
    return this.#want('start', workflowId, { requestId, args }, '', startBody(wish, requestId), started);
  }

  signalWithStart(wish: StartWish, name: string, value: unknown): Promise<Op> {
    const requestId = this.#requestId();
    const args = { workflowType: wish.workflowType, input: wish.args, finite: true, name, value };
    const body = { ...startBody(wish, requestId), signalInput: [value] };
    const path = `/signal-with-start/${name}`;
    return this.#want('signalWithStart', this.workflowId, { requestId, args }, path, body, started);
  }

  signal(name: string, value?: unknown): Promise<Op> {
    const requestId = this.#requestId();
    const body = { requestId, ...(value !== undefined && { input: [value] }) };
    return this.#want(
      'signal',
      this.workflowId,
      { requestId, args: { name, value } },
      `/signal/${name}`,
      body,
    );
  }

  update(name: string, value: unknown): Promise<Op> {
    const requestId = this.#requestId();
    const body = updateBody(requestId, value);
    return this.#want(
      'update',
      this.workflowId,
      { requestId, args: { name, value } },
      `/update/${name}?noPayloadShorthand=true`,
      body,
      updated,
    );
  }

  updateWithStart(wish: StartWish, name: string, value: unknown): Promise<Op> {
    const requestId = this.#requestId();
    const conflict = 'USE_EXISTING';
    const startWorkflow = {
      ...startBody(wish, `${requestId}-start`),
      workflowIdConflictPolicy: `WORKFLOW_ID_CONFLICT_POLICY_${conflict}`,
    };
    const args = { workflowType: wish.workflowType, name, value, conflict, finite: true };
    const body = { startWorkflow, updateWorkflow: updateBody(requestId, value) };
    const path = `/update-with-start/${name}?noPayloadShorthand=true`;
    return this.#want('updateWithStart', this.workflowId, { requestId, args }, path, body, (reply) => {
      const { startWorkflow, updateWorkflow } = reply as { startWorkflow: object; updateWorkflow: object };
      return { ...updated(updateWorkflow), ...started(startWorkflow) };
    });
  }

  cancel(): Promise<Op> {
    const requestId = this.#requestId();
    return this.#want('cancel', this.workflowId, { requestId }, '/cancel', { requestId });
  }

  terminate(): Promise<Op> {
    const reason = this.#requestId();
    return this.#want('terminate', this.workflowId, { args: { reason } }, '/terminate', { reason });
  }

  /** To the last workflow task. */
  reset(): Promise<Op> {
    const requestId = this.#requestId();
    const body = { requestId, reason: requestId, options: { lastWorkflowTask: {} } };
    const args = { reason: requestId };
    return this.#want('reset', this.workflowId, { requestId, args }, '/reset', body, (reply) => ({
      runId: (reply as { runId: string }).runId,
    }));
  }

  /** Until nobody knows it any more. */
  async remove(): Promise<Op> {
    const { workflowId } = this;
    const t0 = Date.now();
    const path = `/workflows/${encodeURIComponent(workflowId)}`;
    const { status, tries } = await insist('DELETE', path);
    // A repeat finds nothing where the first one, whose answer was lost, has deleted it.
    const outcome = status < 300 || (status === 404 && tries > 1) ? 'ok' : 'fail';
    const op: Op = { client: this.#key, kind: 'delete', workflowId, t0, t1: Date.now(), outcome, args: {} };
    this.ops.push(op);
    await waitFor('the run to be gone', async () => (await insist('GET', path)).status === 404);
    return op;
  }

  /** A schedule every second, for so many actions; until it has taken them. */
  async schedule(startWorkflow: object, actions: number): Promise<Op> {
    const requestId = this.#requestId();
    const t0 = Date.now();
    const path = `/schedules/${encodeURIComponent(this.workflowId)}`;
    const schedule = {
      spec: { interval: [{ interval: '1s' }] },
      action: { startWorkflow },
      policies: { overlapPolicy: 'SCHEDULE_OVERLAP_POLICY_SKIP' },
      state: { limitedActions: true, remainingActions: String(actions) },
    };
    const { status, body } = await insist('POST', path, { requestId, schedule });
    if (status >= 300) throw new Error(`schedule: HTTP ${status} ${JSON.stringify(body)}`);
    await waitFor('its actions', async () => {
      const { info } = (await insist('GET', path)).body;
      return info.actionCount === String(actions) && (info.runningWorkflows ?? []).length === 0;
    });
    const args: OpArgs = { scheduleId: this.workflowId, overlap: 'SKIP', expected: actions };
    const { workflowId } = this;
    const op: Op = {
      client: this.#key,
      kind: 'schedule',
      workflowId,
      t0,
      t1: Date.now(),
      outcome: 'ok',
      args,
    };
    this.ops.push(op);
    return op;
  }

  /** Until it is done to all of them. */
  async batch(workflowIds: string[], operation: object): Promise<void> {
    const reason = this.#requestId();
    const jobId = `~${reason}~`;
    const path = `/batch-operations/${encodeURIComponent(jobId)}`;
    const t0 = Date.now();
    const executions = workflowIds.map((workflowId) => ({ workflowId }));
    const { status, body } = await insist('POST', path, { executions, reason, ...operation });
    if (status >= 300) throw new Error(`batch: HTTP ${status} ${JSON.stringify(body)}`);
    await waitFor('the job', async () => (await insist('GET', path)).body.closeTime !== undefined);
    const common = { client: this.#key, kind: 'batch', requestId: jobId, t0, outcome: 'ok' } as const;
    for (const workflowId of workflowIds)
      this.ops.push({ ...common, workflowId, t1: Date.now(), args: { reason } });
  }

  query(name: string): Promise<Op> {
    return this.#want('query', this.workflowId, { args: { name } }, `/query/${name}`, {}, (reply) => ({
      value: (reply as { queryResult: unknown[] }).queryResult[0],
    }));
  }

  /** Not for the checker: asked until it is answered. */
  ask<T>(method: string, path: string, body?: object): Promise<T> {
    return insist(method, `/workflows/${encodeURIComponent(this.workflowId)}${path}`, body).then(
      ({ body, status }) => {
        if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status} ${JSON.stringify(body)}`);
        return body as T;
      },
    );
  }

  /** Status and result of the last run, once it is closed. */
  async end(workflowId = this.workflowId): Promise<{ status: string; result: unknown }> {
    const path = `/workflows/${encodeURIComponent(workflowId)}/result?waitMs=2000`;
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
      const { body } = await insist('GET', path);
      const event = body.closeEvent;
      if (!event) continue;
      const attributes = event.workflowExecutionCompletedEventAttributes;
      const status = event.eventType.replace('EVENT_TYPE_WORKFLOW_EXECUTION_', '');
      return { status, result: attributes?.result?.[0] };
    }
    const described = await api.describe(workflowId);
    throw new Error(`${workflowId} does not end: ${JSON.stringify(described)}`);
  }

  async #want(
    kind: OpKind,
    workflowId: string,
    { requestId, args = {} }: { requestId?: string; args?: OpArgs },
    path: string,
    body: object,
    replyOf: (reply: object) => OpReply = () => ({}),
  ): Promise<Op> {
    const t0 = Date.now();
    const answer = await insist('POST', `/workflows/${encodeURIComponent(workflowId)}${path}`, body);
    const outcome = answer.status < 300 ? 'ok' : answer.tries > 1 ? 'unknown' : 'fail';
    const op: Op = {
      client: this.#key,
      kind,
      workflowId,
      t0,
      t1: Date.now(),
      tries: answer.tries,
      outcome,
      args,
    };
    if (requestId) op.requestId = requestId;
    if (outcome === 'ok') op.reply = replyOf(answer.body);
    else op.code = `${answer.body.code}: ${answer.body.message}`;
    this.ops.push(op);
    return op;
  }

  #requestId(): string {
    return `${this.#key}-r${++this.#requests}`;
  }
}

async function waitFor(what: string, there: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; !(await there()); ) {
    if (Date.now() > until) throw new Error(`${what}: not in time`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks again while nobody knows whether it was done. */
async function insist(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: any; tries: number }> {
  for (let tries = 1, since = Date.now(); ; tries++) {
    const answer = await api.send(method, path, body);
    // A query that finds no Worker is refused: a fault of another run may have set the one there is aside.
    const refused = answer.status >= 500 || answer.status === 429 || answer.body.code === FAILED_PRECONDITION;
    const again = refused || isUnderWay(answer.body);
    if (!again || Date.now() - since > PATIENCE_MS) return { ...answer, tries };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The engine waits for an update for a while only: then it is accepted, and asked for again under its id. */
function isUnderWay(reply: { stage?: string; updateWorkflow?: { stage: string } }): boolean {
  const { stage } = reply.updateWorkflow ?? reply;
  return stage !== undefined && stage !== 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED';
}

function startBody({ workflowType, args, taskQueue = 'plain', more }: StartWish, requestId: string): object {
  return {
    requestId,
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue },
    ...(args && { input: toPayloadsJson(defaultPayloadConverter, ...args) }),
    ...more,
  };
}

const updateBody = (updateId: string, value: unknown): object => ({
  request: {
    meta: { updateId },
    input: { args: toPayloadsJson(defaultPayloadConverter, value) },
  },
  waitPolicy: { lifecycleStage: 'UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED' },
});

function started(reply: object): OpReply {
  const { runId, started: began } = reply as { runId: string; started?: boolean };
  return { runId, started: began ?? false };
}

function updated(reply: object): OpReply {
  const { updateRef, stage, outcome } = reply as {
    updateRef: { workflowExecution: { runId: string } };
    stage: string;
    outcome?: { success?: PayloadsJson };
  };
  const value = outcome?.success && fromPayloadsJson(defaultPayloadConverter, outcome.success)[0];
  return { runId: updateRef.workflowExecution.runId, stage, outcome, value };
}
