/**
 * As much of Temporal's service as a Worker of Temporal's SDK needs: it hands out the workflow tasks it is given, over
 * gRPC, and answers with what the Worker made of them: the very commands that it would have sent to Temporal.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { HistoryEvent, UpdateRequestJson } from '../../sdk/common/history.ts';
import type { WorkflowQuery } from '../../sdk/common/worker-protocol.ts';

export const temporalRequire = createRequire(join(import.meta.dirname, '../conformance/package.json'));

/** What is used of `@grpc/grpc-js` and `protobufjs`. */
interface MessageType {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}
interface Grpc {
  Server: new (
    options: object,
  ) => {
    addService(definition: object, implementation: object): void;
    bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void;
    forceShutdown(): void;
  };
  ServerCredentials: { createInsecure(): object };
}
interface ProtoJson {
  fromJson(type: MessageType, json: object, options: { ignoreUnknownFields: boolean }): object | null;
  toJson(type: MessageType, message: object): object;
}

type Json = Record<string, unknown>;
type Reply = (error: { code: number; message: string } | null, reply?: object) => void;

/** What the Worker made of a task, in the JSON form of Temporal's API. */
export interface TheirAnswer {
  completed?: { commands?: Json[]; messages?: Json[]; sdkMetadata?: Json };
  /**
   * To be called when the task is recorded. A task that left no events is told the WorkflowTaskStarted before it: it may
   * forget that it ran. Any other is told '0'.
   */
  recorded?(resetHistoryEventId: string): void;
  failed?: { cause?: string; failure?: { message?: string } };
  query?: { completedType?: string; queryResult?: Json; errorMessage?: string };
}

export interface TaskForThem {
  workflowType: string;
  workflowId: string;
  runId: string;
  /** Everything up to the WorkflowTaskStarted, or, for a query, everything there is. */
  events: HistoryEvent[];
  /** Only what comes behind this event is sent; the Worker asks for the rest when it does not hold the run. */
  heldUpTo: number;
  updates: UpdateRequestJson[];
  query?: WorkflowQuery;
  /** The Worker does not hold the run: it replays all of it. */
  replays?(): void;
}

const NOT_FOUND = 5;
const MESSAGES = 'type.googleapis.com/temporal.api.update.v1';

interface Handed {
  task: TaskForThem;
  resolve(answer: TheirAnswer): void;
}

export class TemporalService {
  readonly #grpc = temporalRequire('@grpc/grpc-js') as Grpc;
  readonly #json = temporalRequire('protobufjs/ext/protojson') as ProtoJson;
  readonly #types: (name: string) => MessageType;
  readonly #server: InstanceType<Grpc['Server']>;
  readonly #waiting: Reply[] = [];
  readonly #queued: Handed[] = [];
  readonly #open = new Map<string, Handed>();
  #tokens = 0;

  constructor() {
    const root = temporalRequire('@temporalio/proto/protos/root') as {
      lookupType(name: string): MessageType;
    };
    this.#types = (name) => root.lookupType(name);
    this.#server = new this.#grpc.Server({ 'grpc.max_receive_message_length': -1 });
  }

  /** @returns the address to connect to */
  async listen(): Promise<string> {
    const calls: Record<string, (request: Json, reply: Reply) => void> = {
      GetSystemInfo: (_, reply) =>
        reply(null, this.#reply('GetSystemInfo', { serverVersion: '1.29.0', capabilities: CAPABILITIES })),
      DescribeNamespace: (_, reply) =>
        reply(null, this.#reply('DescribeNamespace', { namespaceInfo: { name: 'default' } })),
      PollWorkflowTaskQueue: ({ taskQueue }, reply) => this.#poll(taskQueue as Json, reply),
      // There are none, for ever.
      PollActivityTaskQueue: () => undefined,
      RespondWorkflowTaskCompleted: (request, reply) => {
        const recorded = (resetHistoryEventId: string): void =>
          reply(null, this.#reply('RespondWorkflowTaskCompleted', { resetHistoryEventId }));
        this.#answer(request, { completed: request, recorded });
      },
      RespondWorkflowTaskFailed: (request, reply) => {
        this.#answer(request, { failed: request });
        reply(null, this.#reply('RespondWorkflowTaskFailed', {}));
      },
      RespondQueryTaskCompleted: (request, reply) => {
        this.#answer(request, { query: request });
        reply(null, this.#reply('RespondQueryTaskCompleted', {}));
      },
      GetWorkflowExecutionHistory: (request, reply) => this.#history(request, reply),
      ShutdownWorker: (_, reply) => reply(null, this.#reply('ShutdownWorker', {})),
    };
    const definition: Record<string, object> = {};
    for (const name of Object.keys(calls)) {
      definition[name] = {
        path: `/temporal.api.workflowservice.v1.WorkflowService/${name}`,
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes: Buffer) => this.#parse(`${name}Request`, bytes),
        responseSerialize: (bytes: Buffer) => bytes,
      };
    }
    this.#server.addService(
      definition,
      Object.fromEntries(
        Object.entries(calls).map(([name, call]) => [
          name,
          ({ request }: { request: Json }, reply: Reply) => call(request, reply),
        ]),
      ),
    );
    const port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', this.#grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return `127.0.0.1:${port}`;
  }

  close(): void {
    this.#server.forceShutdown();
  }

  /** Has a workflow task, or a query, worked on. */
  work(task: TaskForThem): Promise<TheirAnswer> {
    return new Promise((resolve) => {
      this.#queued.push({ task, resolve });
      this.#hand();
    });
  }

  /** The JSON form of a message: the same for all ways to write the same thing. */
  canonical(type: string, json: object): Json {
    const of = this.#types(type);
    return this.#json.toJson(of, this.#fromJson(of, json)) as Json;
  }

  /** The parser wants absent fields absent. */
  #fromJson(of: MessageType, json: object): object {
    return this.#json.fromJson(of, JSON.parse(JSON.stringify(json)), { ignoreUnknownFields: true })!;
  }

  #parse(type: string, bytes: Uint8Array): Json {
    const of = this.#types(`temporal.api.workflowservice.v1.${type}`);
    return this.#json.toJson(of, of.decode(bytes)) as Json;
  }

  #reply(call: string, json: object): Buffer {
    const of = this.#types(`temporal.api.workflowservice.v1.${call}Response`);
    return Buffer.from(of.encode(this.#fromJson(of, json)).finish());
  }

  #poll(taskQueue: Json, reply: Reply): void {
    // The Worker's own queue stays empty: whatever it holds of a run, it finds that out by itself.
    if (taskQueue.kind === 'TASK_QUEUE_KIND_STICKY') return;
    this.#waiting.push(reply);
    this.#hand();
  }

  #hand(): void {
    while (this.#queued.length > 0 && this.#waiting.length > 0) {
      const handed = this.#queued.shift()!;
      const token = Buffer.from(String(++this.#tokens)).toString('base64');
      this.#open.set(token, handed);
      this.#waiting.shift()!(null, this.#reply('PollWorkflowTaskQueue', polled(handed.task, token)));
    }
  }

  #answer({ taskToken }: Json, answer: TheirAnswer): void {
    const handed = this.#open.get(taskToken as string);
    this.#open.delete(taskToken as string);
    handed?.resolve(answer);
  }

  #history({ execution }: Json, reply: Reply): void {
    const { runId } = execution as { runId: string };
    const handed = [...this.#open.values()].find(({ task }) => task.runId === runId);
    handed?.task.replays?.();
    if (!handed) reply({ code: NOT_FOUND, message: `no task of ${runId} is open` });
    else reply(null, this.#reply('GetWorkflowExecutionHistory', { history: { events: handed.task.events } }));
  }
}

const CAPABILITIES = {
  signalAndQueryHeader: true,
  internalErrorDifferentiation: true,
  activityFailureIncludeHeartbeat: true,
  encodedFailureAttributes: true,
  upsertMemo: true,
  sdkMetadata: true,
};

function polled(
  { workflowType, workflowId, runId, events, heldUpTo, updates, query }: TaskForThem,
  taskToken: string,
): object {
  const last = events.at(-1)!;
  const completed = events.findLast(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED');
  const started = (
    completed as { workflowTaskCompletedEventAttributes?: { startedEventId: string } } | undefined
  )?.workflowTaskCompletedEventAttributes?.startedEventId;
  return {
    taskToken,
    workflowExecution: { workflowId, runId },
    workflowType: { name: workflowType },
    workflowExecutionTaskQueue: { name: 'test', kind: 'TASK_QUEUE_KIND_NORMAL' },
    previousStartedEventId: started ?? '0',
    startedEventId: query ? '0' : last.eventId,
    attempt: 1,
    history: { events: events.slice(heldUpTo) },
    scheduledTime: last.eventTime,
    startedTime: last.eventTime,
    ...(query && { query }),
    messages: updates.map((request) => ({
      id: `${request.meta.updateId}/request`,
      protocolInstanceId: request.meta.updateId,
      eventId: String(Number(last.eventId) - 1),
      body: { '@type': `${MESSAGES}.Request`, ...request },
    })),
  };
}
