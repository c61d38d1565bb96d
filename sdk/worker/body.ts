/** Reads and checks what the engine sends: bounded size, JSON, the fields that are relied on. */

import { isDurationJson } from '../common/duration.ts';
import { ServiceError } from '../common/errors.ts';
import { readText, saysItsLength } from '../common/read-text.ts';
import type { SessionCall } from '../common/session-socket.ts';
import type {
  ActivityTask,
  WorkflowQueryTask,
  WorkflowSessionInit,
  WorkflowTask,
} from '../common/worker-protocol.ts';

type Fields = Record<string, unknown>;

/**
 * In one call where that may be: it takes a fifth off what an activity costs a Worker (`npm run bench -- --only 'processor time'`).
 * @throws ServiceError PAYLOAD_TOO_LARGE
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const text = saysItsLength(request, maxBytes) ? await request.text() : await readText(request, maxBytes);
  // No text is longer than its bytes.
  if (text !== undefined && text.length <= maxBytes) return text;
  throw new ServiceError('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBytes} bytes`);
}

/** @throws ServiceError INVALID_ARGUMENT */
export function parseBody(text: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ServiceError('INVALID_ARGUMENT', `The body is not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ServiceError('INVALID_ARGUMENT', 'The body must be a JSON object');
  }
  return json as Fields;
}

function texts(body: Fields, ...names: string[]): void {
  for (const name of names) {
    if (typeof body[name] !== 'string' || body[name] === '') {
      throw new ServiceError('INVALID_ARGUMENT', `${name}: a text is required`);
    }
  }
}

function payloads(body: Fields, ...names: string[]): void {
  for (const name of names) {
    const value = body[name] as { payloads?: unknown } | null | undefined;
    if (value !== undefined && value !== null && !Array.isArray(value.payloads)) {
      throw new ServiceError('INVALID_ARGUMENT', `${name}: expected {"payloads": […]}`);
    }
  }
}

function durations(body: Fields, ...names: string[]): void {
  for (const name of names) {
    const value = body[name];
    if (value !== undefined && !(typeof value === 'string' && isDurationJson(value))) {
      throw new ServiceError('INVALID_ARGUMENT', `${name}: expected a duration such as "10s"`);
    }
  }
}

function history(body: Fields): void {
  if (!Array.isArray(body.history) || body.history.length === 0) {
    throw new ServiceError('INVALID_ARGUMENT', 'history: a list of events is required');
  }
}

function updates(given: unknown): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) {
    throw new ServiceError('INVALID_ARGUMENT', 'updates: a list of update requests is expected');
  }
  given.forEach((update: { meta?: Fields; input?: Fields } | null, i) => {
    const at = `updates[${i}]`;
    const { meta, input } = update ?? {};
    texts({ [`${at}.meta.updateId`]: meta?.updateId }, `${at}.meta.updateId`);
    texts({ [`${at}.input.name`]: input?.name }, `${at}.input.name`);
    payloads({ [`${at}.input.args`]: input?.args }, `${at}.input.args`);
  });
}

const initFields = ['namespace', 'workflowId', 'runId', 'workflowType', 'taskQueue'];

export function checkSessionInit(init: WorkflowSessionInit): WorkflowSessionInit {
  texts(init as unknown as Fields, ...initFields);
  return init;
}

/** @throws ServiceError INVALID_ARGUMENT naming the field, for example `updates[0].input.name`. */
export function checkWorkflowTask(body: Fields): WorkflowTask {
  texts(body, ...initFields);
  history(body);
  if (body.updates === null) delete body.updates;
  updates(body.updates);
  return body as unknown as WorkflowTask;
}

export function checkQueryTask(body: Fields): WorkflowQueryTask {
  texts(body, ...initFields);
  history(body);
  checkQuery(body);
  return body as unknown as WorkflowQueryTask;
}

const sessionCalls = ['open', 'feed', 'runWorkflowTask', 'proceed', 'query'] as const;

/** @throws ServiceError INVALID_ARGUMENT naming the field, for example `runWorkflowTask.events`. */
export function checkSessionCall(message: Fields): SessionCall {
  const name = sessionCalls.find((call) => typeof message[call] === 'object' && message[call] !== null);
  if (!name) {
    throw new ServiceError('INVALID_ARGUMENT', `a call has one of ${sessionCalls.join(', ')}`);
  }
  const call = message[name] as Fields;
  if (name === 'open' || name === 'proceed') return message as unknown as SessionCall;
  if (!Array.isArray(call.events)) {
    throw new ServiceError('INVALID_ARGUMENT', `${name}.events: a list of events is required`);
  }
  if (call.updates === null) delete call.updates;
  updates(call.updates);
  if (name === 'query') checkQuery(call);
  return message as unknown as SessionCall;
}

function checkQuery(body: Fields): void {
  const query = body.query as Fields | undefined;
  if (typeof query?.queryType !== 'string') {
    throw new ServiceError('INVALID_ARGUMENT', 'query.queryType: a text is required');
  }
  payloads(query, 'queryArgs');
}

export function checkActivityTask(body: Fields): ActivityTask {
  texts(body, 'taskToken', 'dispatchId', 'namespace', 'workflowId', 'runId');
  texts(body, 'activityId', 'activityType', 'taskQueue');
  if (!Number.isInteger(body.attempt) || (body.attempt as number) < 1) {
    throw new ServiceError('INVALID_ARGUMENT', 'attempt: a whole number from 1 is required');
  }
  durations(body, 'scheduleToCloseTimeout', 'startToCloseTimeout', 'heartbeatTimeout');
  payloads(body, 'input', 'heartbeatDetails');
  return body as unknown as ActivityTask;
}
