/**
 * Where payloads are in requests and replies: the tree that shorthand, size limits and field names are driven by.
 * Fields that are not named here are scalars, or hold nothing of interest below them.
 */

import { type HistoryEventName, historyEvents } from '../../sdk/common/history.ts';

export type Shape =
  | 'payload'
  | 'payloads'
  | { readonly map: Shape }
  | { readonly list: Shape }
  | { readonly message: () => Fields };
export type Fields = { readonly [field: string]: Shape };

const message = (fields: Fields): Shape => ({ message: () => fields });
const plain = message({});

const header = message({ fields: { map: 'payload' } });
const memo = header;
const searchAttributes = message({ indexedFields: { map: 'payload' } });
const userMetadata = message({ summary: 'payload', details: 'payload' });

const failure: Shape = {
  message: () => ({
    encodedAttributes: 'payload',
    cause: failure,
    applicationFailureInfo: message({ details: 'payloads' }),
    timeoutFailureInfo: message({ lastHeartbeatDetails: 'payloads' }),
    canceledFailureInfo: message({ details: 'payloads' }),
    terminatedFailureInfo: plain,
    serverFailureInfo: plain,
    activityFailureInfo: message({ activityType: plain }),
    childWorkflowExecutionFailureInfo: message({ workflowExecution: plain, workflowType: plain }),
  }),
};

/** `temporal.api.update.v1.Request` */
const updateRequest = message({ meta: plain, input: message({ args: 'payloads', header }) });
const updateOutcome = message({ success: 'payloads', failure });

const requestFields: Fields = {
  workflowType: plain,
  taskQueue: plain,
  retryPolicy: plain,
  workflowExecution: plain,
  execution: plain,
  query: message({ queryArgs: 'payloads', header }),
  request: updateRequest,
  waitPolicy: plain,
  updateRef: message({ workflowExecution: plain }),
  input: 'payloads',
  signalInput: 'payloads',
  history: { message: () => ({ events: { list: historyEvent } }) },
  result: 'payloads',
  details: 'payloads',
  lastHeartbeatDetails: 'payloads',
  failure,
  header,
  memo,
  searchAttributes,
  userMetadata,
};
const anyRequest = message(requestFields);

const scheduleSpec = message({
  structuredCalendar: { list: plain },
  calendar: { list: plain },
  interval: { list: plain },
  excludeCalendar: { list: plain },
  excludeStructuredCalendar: { list: plain },
});
const schedule = message({
  spec: scheduleSpec,
  action: message({ startWorkflow: anyRequest }),
  policies: plain,
  state: plain,
});
const schedulePatch = message({ triggerImmediately: plain, backfillRequest: { list: plain } });

/** Bodies of all requests: a field means the same in each that has it. */
export const requestShape: Shape = message({
  ...requestFields,
  startWorkflow: anyRequest,
  updateWorkflow: anyRequest,
  executions: { list: plain },
  terminationOperation: anyRequest,
  cancellationOperation: plain,
  signalOperation: anyRequest,
  resetOperation: message({ options: plain }),
  updateWorkflowOptionsOperation: anyRequest,
  schedule,
  patch: schedulePatch,
  initialPatch: schedulePatch,
  webhook: message({ start: message({ workflowType: plain, taskQueue: plain }) }),
});

/** The one body whose field means something else: its search attributes are names, each with a type. */
export const addedAttributesShape: Shape = message({ searchAttributes: { map: plain } });

const attributes: Fields = {
  input: 'payloads',
  result: 'payloads',
  details: 'payloads',
  lastCompletionResult: 'payloads',
  failure,
  lastFailure: failure,
  continuedFailure: failure,
  header,
  memo,
  upsertedMemo: memo,
  searchAttributes,
  acceptedRequest: updateRequest,
  outcome: updateOutcome,
};

const historyEvent: Shape = message({
  userMetadata,
  ...Object.fromEntries(
    (Object.keys(historyEvents) as HistoryEventName[]).map((name) => {
      const fields: Fields =
        name === 'MarkerRecorded' ? { ...attributes, details: { map: 'payloads' } } : attributes;
      return [`${name[0]!.toLowerCase()}${name.slice(1)}EventAttributes`, message(fields)];
    }),
  ),
});

const workflowResult: Fields = { closeEvent: historyEvent };
const executionInfo = message({ memo, searchAttributes });

/** All replies. */
export const replyShape: Shape = message({
  ...workflowResult,
  history: message({ events: { list: historyEvent } }),
  queryResult: 'payloads',
  // Of an update, or of an activity that belongs to no workflow.
  outcome: message({ success: 'payloads', result: 'payloads', failure }),
  input: 'payloads',
  updateWorkflow: message({ outcome: updateOutcome }),
  executions: { list: executionInfo },
  schedule,
  schedules: { list: executionInfo },
  memo,
  searchAttributes,
  workflowExecutionInfo: executionInfo,
  executionConfig: message({ userMetadata }),
  pendingActivities: { list: message({ heartbeatDetails: 'payloads', lastFailure: failure }) },
  pendingWorkflowTask: message({ lastFailure: failure }),
  info: message({
    heartbeatDetails: 'payloads',
    lastFailure: failure,
    header,
    userMetadata,
    searchAttributes,
  }),
  // start-and-wait: the reply of `result`.
  result: message(workflowResult),
});

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldPath(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}

/**
 * Rewrites every payload and list of payloads below `value`; what has none below it is not copied. Values that do not
 * have the shape are left alone: whoever validates next refuses them by name.
 */
export function mapPayloads(
  value: unknown,
  shape: Shape,
  rewrite: (value: unknown, shape: 'payload' | 'payloads', path: string) => unknown,
  path = '',
): unknown {
  if (typeof shape === 'string') return value === undefined ? undefined : rewrite(value, shape, path);
  if ('list' in shape) {
    if (!Array.isArray(value)) return value;
    return value.map((item, i) => mapPayloads(item, shape.list, rewrite, fieldPath(path, i)));
  }
  if (!isObject(value)) return value;
  const fields = 'message' in shape ? shape.message() : undefined;
  let rewritten: Map<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const below = 'map' in shape ? shape.map : Object.hasOwn(fields!, key) ? fields![key] : undefined;
    if (!below) continue;
    const field = mapPayloads(value[key], below, rewrite, fieldPath(path, key));
    if (field === value[key]) continue;
    rewritten ??= new Map();
    rewritten.set(key, field);
  }
  if (!rewritten) return value;
  // fromEntries defines properties, so a key `__proto__` stays an ordinary key.
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, rewritten.has(key) ? rewritten.get(key) : field]),
  );
}
