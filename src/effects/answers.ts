/**
 * What Workers answer, checked before the core sees it: any SDK may answer, and a wrong type must become a failure that
 * people can read, never an error inside the engine. Looks at the shape only, and takes over only fields it knows.
 */

import { type CommandAttributes, type CommandName, commandName } from '../../sdk/common/command.ts';
import { isDurationJson } from '../../sdk/common/duration.ts';
import { fromWire, WorkflowTaskFailedCause } from '../../sdk/common/enums.ts';
import type { Failure } from '../../sdk/common/failure.ts';
import type {
  ActivityTaskAnswer,
  WorkflowQueryAnswer,
  WorkflowTaskAnswer,
} from '../../sdk/common/worker-protocol.ts';

/** Says what is wrong, beginning with the path to it, for example `.timerId: must be a text`. */
type Check = (value: unknown, depth: number) => string | undefined;
type Fields = Record<string, unknown>;

/** A chain of causes takes one level each; whoever walks through what is stored must not run out of stack. */
const MAX_DEPTH = 500;

const text: Check = (value) => (typeof value === 'string' ? undefined : ': must be a text');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : ': must be true or false');
const number: Check = (value) => (typeof value === 'number' ? undefined : ': must be a number');
const duration: Check = (value) =>
  typeof value === 'string' && isDurationJson(value) ? undefined : ': must be a duration such as "10s"';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of which these fields are known. In JSON of Protocol Buffers `null` is absent: it is taken out. */
function fields(known: Record<string, Check>, required: readonly string[] = []): Check {
  const checks = Object.entries(known);
  return (value, depth) => {
    if (!isFields(value)) return ': must be an object';
    if (depth > MAX_DEPTH) return `: nested deeper than ${MAX_DEPTH} levels`;
    for (const [name, check] of checks) {
      const field = value[name];
      if (field === null) delete value[name];
      if (field === null || field === undefined) continue;
      const problem = check(field, depth + 1);
      if (problem) return `.${name}${problem}`;
    }
    const missing = required.find((name) => value[name] === undefined);
    return missing && `.${missing}: is required`;
  };
}

function list(element: Check): Check {
  return (value, depth) => {
    if (!Array.isArray(value)) return ': must be a list';
    for (let i = 0; i < value.length; i++) {
      const problem = element(value[i], depth);
      if (problem) return `[${i}]${problem}`;
    }
    return undefined;
  };
}

function map(element: Check): Check {
  return (value, depth) => {
    if (!isFields(value)) return ': must be an object';
    for (const [name, field] of Object.entries(value)) {
      const problem = element(field, depth);
      if (problem) return `.${name}${problem}`;
    }
    return undefined;
  };
}

const payload = fields({ metadata: fields({}), data: text });
const payloads = fields({ payloads: list(payload) }, ['payloads']);
const header = fields({ fields: map(payload) });
const searchAttributes = fields({ indexedFields: map(payload) });
const named = fields({ name: text });
const retryPolicy = fields({
  initialInterval: text,
  backoffCoefficient: number,
  maximumInterval: text,
  maximumAttempts: number,
  nonRetryableErrorTypes: list(text),
});

const execution = fields({ workflowId: text, runId: text });
const failure: Check = fields({
  message: text,
  source: text,
  stackTrace: text,
  encodedAttributes: payload,
  cause: (value, depth) => failure(value, depth),
  applicationFailureInfo: fields({
    type: text,
    nonRetryable: flag,
    details: payloads,
    nextRetryDelay: duration,
    category: text,
  }),
  timeoutFailureInfo: fields({ timeoutType: text, lastHeartbeatDetails: payloads }),
  canceledFailureInfo: fields({ details: payloads }),
  terminatedFailureInfo: fields({}),
  serverFailureInfo: fields({ nonRetryable: flag }),
  activityFailureInfo: fields({ activityType: named, activityId: text, identity: text, retryState: text }),
  childWorkflowExecutionFailureInfo: fields({
    namespace: text,
    workflowExecution: execution,
    workflowType: named,
    retryState: text,
  }),
});

const updateMessage = fields({
  acceptance: fields({}),
  rejection: fields({ failure }),
  response: fields({ outcome: fields({ success: payloads, failure }) }),
});

/** What continue-as-new and children have in common. */
const run = {
  workflowType: named,
  taskQueue: named,
  input: payloads,
  workflowRunTimeout: text,
  workflowTaskTimeout: text,
  retryPolicy,
  header,
  memo: header,
  searchAttributes,
};

const priority = fields({ priorityKey: number, fairnessKey: text, fairnessWeight: number });

const attributes: { [N in CommandName]: { [F in keyof Required<CommandAttributes[N]>]: Check } } = {
  ScheduleActivityTask: {
    activityId: text,
    activityType: named,
    taskQueue: named,
    header,
    input: payloads,
    scheduleToCloseTimeout: text,
    scheduleToStartTimeout: text,
    startToCloseTimeout: text,
    heartbeatTimeout: text,
    retryPolicy,
    priority,
  },
  RequestCancelActivityTask: { scheduledEventId: text },
  StartTimer: { timerId: text, startToFireTimeout: text },
  CancelTimer: { timerId: text },
  CompleteWorkflowExecution: { result: payloads },
  FailWorkflowExecution: { failure },
  CancelWorkflowExecution: { details: payloads },
  RecordMarker: { markerName: text, details: map(payloads), header, failure },
  UpsertWorkflowSearchAttributes: { searchAttributes },
  ModifyWorkflowProperties: { upsertedMemo: header },
  ContinueAsNewWorkflowExecution: { ...run, backoffStartInterval: text, initialVersioningBehavior: text },
  StartChildWorkflowExecution: {
    ...run,
    namespace: text,
    workflowId: text,
    workflowExecutionTimeout: text,
    parentClosePolicy: text,
    workflowIdReusePolicy: text,
    cronSchedule: text,
    priority,
  },
  SignalExternalWorkflowExecution: {
    namespace: text,
    execution,
    signalName: text,
    input: payloads,
    childWorkflowOnly: flag,
    header,
  },
  RequestCancelExternalWorkflowExecution: {
    namespace: text,
    workflowId: text,
    runId: text,
    childWorkflowOnly: flag,
    reason: text,
  },
  ProtocolMessage: { messageId: text, updateId: text, message: updateMessage },
};

const userMetadata = fields({ summary: payload, details: payload });
const commandChecks = Object.fromEntries(
  Object.entries(attributes).map(([name, known]) => [
    name,
    fields({
      userMetadata,
      [`${name[0]!.toLowerCase()}${name.slice(1)}CommandAttributes`]: fields(known),
    }),
  ]),
) as Record<CommandName, Check>;

/** Of a command that the engine does not know, or one without attributes, the core says so itself. */
const command: Check = (value, depth) => {
  if (!isFields(value)) return ': must be an object';
  if (typeof value.commandType !== 'string') return '.commandType: must be a text';
  const name = commandName(value.commandType);
  return name && commandChecks[name](value, depth);
};

const sdkMetadata = fields({
  coreUsedFlags: list(number),
  langUsedFlags: list(number),
  sdkName: text,
  sdkVersion: text,
});
const workflowTaskKinds = {
  completed: {
    commands: list(command),
    sdkMetadata,
    identity: text,
    forceCreateNewWorkflowTask: flag,
    versioningBehavior: text,
  },
  failed: { cause: text, failure, identity: text },
};
const activityTaskKinds = {
  completed: { result: payloads, identity: text },
  failed: { failure, lastHeartbeatDetails: payloads, identity: text },
  canceled: { details: payloads, identity: text },
};
const required = ['commands', 'failure'];

/** One of several kinds, by the name of its field. The new object has none but the known fields. */
function oneOf<Answer>(kinds: Record<string, Record<string, Check>>): (given: unknown) => Answer {
  const known = Object.entries(kinds).map(([kind, checks]) => {
    const names = Object.keys(checks);
    const needs = names.filter((name) => required.includes(name));
    return { kind, names, check: fields(checks, needs) };
  });
  return (given) => {
    if (!isFields(given)) throw new UnusableAnswerError('it must be an object');
    const match = known.find(({ kind }) => given[kind] !== undefined && given[kind] !== null);
    if (!match) throw new UnusableAnswerError(`it must have one of ${Object.keys(kinds).join(', ')}`);
    const { kind, names, check } = match;
    const value = given[kind] as Fields;
    const problem = check(value, 1);
    if (problem) throw new UnusableAnswerError(`${kind}${problem}`);
    const taken: Fields = {};
    for (const name of names) if (value[name] !== undefined) taken[name] = value[name];
    return { [kind]: taken } as Answer;
  };
}

/** An answer came and is no use; asking again at once would bring the same. */
export class UnusableAnswerError extends Error {
  override readonly name = 'UnusableAnswerError';
  readonly tooLarge: boolean;
  constructor(message: string, tooLarge = false) {
    super(message);
    this.tooLarge = tooLarge;
  }

  /** As the core takes it. */
  failure(worker: string): Failure {
    return {
      message: `${worker} gave an answer that cannot be used: ${this.message}`,
      source: 'Server',
      applicationFailureInfo: {
        type: this.tooLarge ? 'PayloadTooLarge' : 'InvalidAnswer',
        nonRetryable: true,
      },
    };
  }
}

/** @throws UnusableAnswerError */
export const asActivityTaskAnswer = oneOf<ActivityTaskAnswer>(activityTaskKinds);

const workflowTaskAnswer = oneOf<WorkflowTaskAnswer>(workflowTaskKinds);

/** @throws UnusableAnswerError */
export function asWorkflowTaskAnswer(given: unknown): WorkflowTaskAnswer {
  const answer = workflowTaskAnswer(given);
  if ('completed' in answer) return answer;
  const cause = fromWire<WorkflowTaskFailedCause>('workflowTaskFailedCause', answer.failed.cause);
  if (cause && Object.hasOwn(WorkflowTaskFailedCause, cause)) return answer;
  return { failed: { ...answer.failed, cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE' } };
}

const queryAnswer = fields({ result: payloads, failed: failure });

/** @throws UnusableAnswerError */
export function asWorkflowQueryAnswer(given: unknown): WorkflowQueryAnswer {
  const problem = queryAnswer(given, 1);
  if (problem) throw new UnusableAnswerError(`the answer to the query${problem}`);
  const { result, failed } = given as { result?: object; failed?: object };
  return (failed ? { failed } : result ? { result } : {}) as WorkflowQueryAnswer;
}

/** The failed workflow task that stands for such an answer. */
export function failedTask(worker: string, error: UnusableAnswerError): WorkflowTaskAnswer {
  const cause = error.tooLarge ? 'PAYLOADS_TOO_LARGE' : 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
  return { failed: { cause, failure: error.failure(worker) } };
}

/** @throws UnusableAnswerError; `text`: `undefined` where it was too long to be read */
export function parseAnswer(text: string | undefined, maxBytes: number): unknown {
  if (text === undefined) {
    throw new UnusableAnswerError(`it is too large; at most ${maxBytes} bytes are accepted`, true);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnusableAnswerError(`it is not JSON: ${(error as Error).message}`);
  }
}
