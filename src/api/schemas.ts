/** The requests, as zod schemas that give the types of `sdk/common/service.ts`. All are strict: unknown fields are refused. */

import { z } from 'zod';
import { keyBytes, SECRET_PREFIX } from '../../sdk/common/dispatch-signature.ts';
import { durationOfMessage, isDurationJson } from '../../sdk/common/duration.ts';
import {
  ApplicationFailureCategory,
  QueryRejectCondition,
  RetryState,
  TimeoutType,
  toWire,
  type WireEnum,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowUpdateStage,
} from '../../sdk/common/enums.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import { MAX_ID_LENGTH } from '../../sdk/common/ids.ts';
import type { StartWorkflowExecutionRequest } from '../../sdk/common/service.ts';
import { isBase64 } from './shorthand.ts';

/** Reasons, identities, messages for people. */
const MAX_TEXT_LENGTH = 10_000;

const isClean = (value: string): boolean => !/\p{Cc}|\p{Cs}/u.test(value);
const characters = 'must not contain control characters or broken Unicode';

/** An id or a name: not empty, at most 1,000 characters, no control characters. */
export const id = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_ID_LENGTH, `must not be longer than ${MAX_ID_LENGTH} characters`)
  .refine(isClean, characters);
/** In proto3 an empty text is an absent one. */
export const optionalId = z
  .union([z.literal(''), id])
  .transform((value) => value || undefined)
  .optional();
export const text = z.string().max(MAX_TEXT_LENGTH).optional();
const longText = z.string().optional();
export const token = z
  .string()
  .max(8_000)
  .transform((value) => value || undefined)
  .optional();

const isDuration = 'must be a duration in seconds, for example "30s" or "0.500s"';
/** A message of protobuf, which programs that speak gRPC have in their hands, is taken too. */
export const duration = z.preprocess(
  (value) => durationOfMessage(value) ?? value,
  z.string().refine(isDurationJson, isDuration).optional(),
);
/** int32 and int64: proto3 JSON writes them as numbers or as decimal text, a URL's query always as text. */
export const int = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
  z.int().min(0, 'must not be negative'),
);
export const flag = z.preprocess(
  (value) => (value === 'true' || value === '' ? true : value === 'false' ? false : value),
  z.boolean(),
);

/** A wire enum, `…_UNSPECIFIED` included. */
export const wireEnum = (name: WireEnum, values: object) =>
  numbered(['UNSPECIFIED', ...Object.keys(values)].map((value) => toWire(name, value)));

/** As proto3 JSON has it, a value may be given by its number, in a URL's query as text: they are listed in that order. */
function numbered<const N extends string>(names: readonly N[]) {
  return z.preprocess((value) => {
    const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
    return isNumber ? (names[Number(value)] ?? value) : value;
  }, z.enum(names).optional());
}

const base64 = z.string().refine(isBase64, 'must be base64').transform(standardBase64);
/** proto3 JSON takes the URL-safe alphabet too; one form is stored. */
function standardBase64(value: string): string {
  const bare = value.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=');
}

const mapKey = z.string().max(MAX_ID_LENGTH);
export const payload = z.strictObject({
  metadata: z.record(mapKey, base64).optional(),
  data: base64.optional(),
});
export const payloads = z.strictObject({ payloads: z.array(payload).default([]) });
const payloadMap = z.record(mapKey, payload);
export const header = z.strictObject({ fields: payloadMap.optional() });
export const memo = z.strictObject({ fields: payloadMap.optional() });
export const searchAttributes = z.strictObject({ indexedFields: payloadMap.optional() });
const namedType = z.strictObject({ name: id });
export const taskQueue = z
  .strictObject({ name: id, kind: numbered(['TASK_QUEUE_KIND_UNSPECIFIED', 'TASK_QUEUE_KIND_NORMAL']) })
  .transform(({ name }) => ({ name }));
const userMetadata = z.strictObject({ summary: payload.optional(), details: payload.optional() });
export const retryPolicy = z.strictObject({
  initialInterval: duration,
  backoffCoefficient: z
    .number()
    .refine((n) => n === 0 || n >= 1, 'must be at least 1')
    .optional(),
  maximumInterval: duration,
  maximumAttempts: int.optional(),
  nonRetryableErrorTypes: z.array(z.string().max(MAX_ID_LENGTH)).max(1_000).optional(),
});

/** What its values may be, the core says. */
const priority = z.strictObject({
  priorityKey: int.optional(),
  fairnessKey: text,
  fairnessWeight: z.number().optional(),
});

const timeoutType = wireEnum('timeoutType', TimeoutType);
const retryState = wireEnum('retryState', RetryState);
const failure: z.ZodType<Failure> = z
  .strictObject({
    message: longText,
    source: longText,
    stackTrace: longText,
    encodedAttributes: payload.optional(),
    cause: z.lazy(() => failure).optional(),
    applicationFailureInfo: z
      .strictObject({
        type: text,
        nonRetryable: z.boolean().optional(),
        details: payloads.optional(),
        nextRetryDelay: duration,
        category: wireEnum('applicationErrorCategory', ApplicationFailureCategory),
      })
      .optional(),
    timeoutFailureInfo: z.strictObject({ timeoutType, lastHeartbeatDetails: payloads.optional() }).optional(),
    canceledFailureInfo: z.strictObject({ details: payloads.optional() }).optional(),
    terminatedFailureInfo: z.strictObject({}).optional(),
    serverFailureInfo: z.strictObject({ nonRetryable: z.boolean().optional() }).optional(),
    activityFailureInfo: z
      .strictObject({
        scheduledEventId: text,
        startedEventId: text,
        identity: text,
        activityType: namedType.optional(),
        activityId: text,
        retryState,
      })
      .optional(),
    childWorkflowExecutionFailureInfo: z
      .strictObject({
        namespace: text,
        workflowExecution: z.strictObject({ workflowId: z.string(), runId: z.string() }).optional(),
        workflowType: namedType.optional(),
        initiatedEventId: text,
        startedEventId: text,
        retryState,
      })
      .optional(),
  })
  .meta({ id: 'FailureInput' });

export const namespace = id;
export const execution = z.strictObject({ workflowId: id, runId: optionalId });
export const onExecution = { namespace, workflowExecution: execution, identity: text };

const deploymentVersion = z.strictObject({ deploymentName: id, buildId: id });
const PINNED = 'PINNED_OVERRIDE_BEHAVIOR_PINNED';
const versioningOverride = z
  .union([
    z.strictObject({
      pinned: z.strictObject({
        behavior: z.preprocess((value) => (value === 1 ? PINNED : value), z.literal(PINNED).default(PINNED)),
        version: deploymentVersion,
      }),
    }),
    z.strictObject({ autoUpgrade: z.literal(true) }),
  ])
  .optional();

export const startFields = {
  namespace,
  workflowId: id,
  workflowType: namedType,
  taskQueue,
  input: payloads.optional(),
  workflowExecutionTimeout: duration,
  workflowRunTimeout: duration,
  workflowTaskTimeout: duration,
  identity: text,
  requestId: optionalId,
  workflowIdReusePolicy: wireEnum('workflowIdReusePolicy', WorkflowIdReusePolicy),
  workflowIdConflictPolicy: wireEnum('workflowIdConflictPolicy', WorkflowIdConflictPolicy),
  retryPolicy: retryPolicy.optional(),
  cronSchedule: text,
  workflowStartDelay: duration,
  memo: memo.optional(),
  searchAttributes: searchAttributes.optional(),
  header: header.optional(),
  userMetadata: userMetadata.optional(),
  versioningOverride,
  priority: priority.optional(),
};

export const startWorkflowExecution = z.strictObject(
  startFields,
) satisfies z.ZodType<StartWorkflowExecutionRequest>;
export const startAndWait = z.strictObject({ ...startFields, waitMs: int.optional() });
export const signalWithStart = z.strictObject({
  ...startFields,
  signalName: id,
  signalInput: payloads.optional(),
});
export const signalWorkflowExecution = z.strictObject({
  ...onExecution,
  signalName: id,
  input: payloads.optional(),
  requestId: optionalId,
  header: header.optional(),
});
const onChain = { ...onExecution, firstExecutionRunId: optionalId };
export const requestCancel = z.strictObject({ ...onChain, requestId: optionalId, reason: text });
export const terminate = z.strictObject({ ...onChain, reason: text, details: payloads.optional() });
export const deleteExecution = z.strictObject(onExecution);

const waitPolicy = z
  .strictObject({ lifecycleStage: wireEnum('updateStage', WorkflowUpdateStage) })
  .optional();
/** Clients that give no update id get one. */
const update = z.strictObject({
  meta: z.strictObject({ updateId: optionalId, identity: text }).optional(),
  input: z.strictObject({ name: id, args: payloads.optional(), header: header.optional() }),
});
export const updateWorkflowExecution = z.strictObject({
  namespace,
  workflowExecution: execution,
  firstExecutionRunId: optionalId,
  waitPolicy,
  request: update,
});
export const pollUpdate = z.strictObject({
  namespace,
  updateRef: z.strictObject({ workflowExecution: execution, updateId: id }),
  identity: text,
  waitPolicy,
});
const { namespace: _, ...startInNamespace } = startFields;
export const updateWithStart = z.strictObject({
  namespace,
  startWorkflow: z.strictObject(startInNamespace),
  updateWorkflow: z.strictObject({ waitPolicy, request: update }),
});
export const queryWorkflow = z.strictObject({
  namespace,
  execution,
  query: z.strictObject({ queryType: id, queryArgs: payloads.optional(), header: header.optional() }),
  queryRejectCondition: wireEnum('queryRejectCondition', QueryRejectCondition),
});

export const describe = z.strictObject({ namespace, execution });
const historyFields = {
  namespace,
  execution,
  maximumPageSize: int.optional(),
  nextPageToken: token,
};
export const history = z.strictObject({
  ...historyFields,
  waitNewEvent: flag.optional(),
  historyEventFilterType: numbered([
    'HISTORY_EVENT_FILTER_TYPE_UNSPECIFIED',
    'HISTORY_EVENT_FILTER_TYPE_ALL_EVENT',
    'HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT',
  ]),
  skipArchival: flag.optional(),
});
/** Temporal's Web UI says that it does not wait here either. There is nothing to wait for: what comes, comes at the other end. */
export const historyReverse = z.strictObject({ ...historyFields, waitNewEvent: flag.optional() });
export const result = z.strictObject({
  namespace,
  execution,
  waitMs: int.optional(),
  followRuns: flag.optional(),
});
export const events = z.strictObject({
  namespace,
  execution,
  lastEventId: text,
  followRuns: flag.optional(),
});
export const list = z.strictObject({
  namespace,
  query: text,
  pageSize: int.optional(),
  nextPageToken: token,
});
export const count = z.strictObject({ namespace, query: text });

const byToken = { namespace, taskToken: z.string().min(1, 'must not be empty').max(8_000), identity: text };
const byId = { namespace, workflowId: id, runId: optionalId, activityId: id, identity: text };
const completed = { result: payloads.optional() };
const failed = { failure, lastHeartbeatDetails: payloads.optional() };
const details = { details: payloads.optional() };
export const activityCompleted = {
  token: z.strictObject({ ...byToken, ...completed }),
  id: z.strictObject({ ...byId, ...completed }),
};
export const activityFailed = {
  token: z.strictObject({ ...byToken, ...failed }),
  id: z.strictObject({ ...byId, ...failed }),
};
export const activityCanceled = {
  token: z.strictObject({ ...byToken, ...details }),
  id: z.strictObject({ ...byId, ...details }),
};
export const activityHeartbeat = activityCanceled;

export const nothing = z.strictObject({});
export const page = z.strictObject({ pageSize: int.optional(), nextPageToken: token });
export const inNamespace = z.strictObject({ namespace });
export const workerDeployments = z.strictObject({
  namespace,
  pageSize: int.optional(),
  nextPageToken: token,
});
export const workerDeployment = z.strictObject({ namespace, deploymentName: id, identity: text });
export const workerDeploymentVersion = z.strictObject({
  namespace,
  deploymentVersion,
  reportTaskQueueStats: flag.optional(),
});
export const setCurrentVersion = z.strictObject({
  namespace,
  deploymentName: id,
  buildId: optionalId,
  conflictToken: token,
  identity: text,
  ignoreMissingTaskQueues: flag.optional(),
  allowNoPollers: flag.optional(),
});
export const setRampingVersion = setCurrentVersion.extend({ percentage: z.number().optional() });
export const deleteVersion = z.strictObject({
  namespace,
  deploymentVersion,
  skipDrainage: flag.optional(),
  identity: text,
});
/** What the mask names is set, or taken away where it is absent. */
export const updateOptions = z.strictObject({
  ...onExecution,
  workflowExecutionOptions: z.strictObject({ versioningOverride }).default({}),
  updateMask: z.enum(
    ['versioningOverride', 'versioning_override'],
    'must name versioningOverride, and no more',
  ),
});
export const worker = z.strictObject({
  namespace,
  url: z.string().min(1, 'must not be empty'),
  identity: optionalId,
  signingSecret: z
    .string()
    .refine(
      (text) => keyBytes(text, SECRET_PREFIX) !== undefined,
      'must be whsec_ and the base64 of 24 to 64 bytes',
    )
    .optional(),
});
export const describeWorker = z.strictObject({ namespace, workerInstanceKey: id });
export const describeTaskQueue = z.strictObject({
  namespace,
  taskQueue: z.strictObject({ name: id, kind: text }),
  taskQueueType: z
    .enum([
      '0',
      '1',
      '2',
      '3',
      'TASK_QUEUE_TYPE_UNSPECIFIED',
      'TASK_QUEUE_TYPE_WORKFLOW',
      'TASK_QUEUE_TYPE_ACTIVITY',
      'TASK_QUEUE_TYPE_NEXUS',
    ])
    .optional(),
  includeTaskQueueStatus: flag.optional(),
  reportStats: flag.optional(),
  reportConfig: flag.optional(),
});

export const auditLog = z.strictObject({ namespace, pageSize: int.optional(), nextPageToken: token });
const timestamp = z
  .string()
  .refine((value) => !Number.isNaN(Date.parse(value)), 'must be a time, for example "2030-01-01T00:00:00Z"')
  .transform((value) => new Date(value).toISOString());
export const createApiKey = z.strictObject({
  name: id,
  permissions: z.array(z.string().max(MAX_ID_LENGTH)).min(1, 'must not be empty').max(100),
  expirationTime: timestamp.optional(),
});
export const apiKey = z.strictObject({ id });
