/** What Temporal's client gives as messages of protobuf: histories, `raw`, and the answers of the services. */

import type { OperatorService as JsonOperatorService } from '../client/operator-service.ts';
import { type RawForms, type RawWriter, standsFor } from '../client/raw-forms.ts';
import type { WorkflowService as JsonWorkflowService } from '../client/workflow-service.ts';
import { bytesToBase64 } from '../common/payload.ts';
import { messageOfJson } from '../common/proto-from-json.ts';
import { longText, timestampText } from '../common/proto-json.ts';
import { jsonOfMessage } from '../common/proto-to-json.ts';
import type * as messages from '../common/proto-types.ts';
import type { DescribeWorkflowExecutionReply } from '../common/service.ts';
import { serviceReplies } from './service-replies.ts';

/** A history as `fetchHistory` gives it. */
export interface FetchedHistory extends messages.History {
  events: messages.HistoryEvent[];
}

/** A request as programs for gRPC write it: numbers for enums, `Long`s, `{ seconds, nanos }`, bytes, and null for what is not set. */
export type Request<T> = T extends string | number | boolean
  ? T | number | bigint | object
  : T extends readonly (infer E)[]
    ? readonly Request<E>[]
    : { [K in keyof T]?: Request<T[K]> | null };

/** What protobufjs gives its classes beside the fields: programs name an answer by the class that it has there. */
interface Message {
  toJSON(): Record<string, unknown>;
}

type Reply<M, Json> = M extends keyof typeof serviceReplies
  ? messages.Replies[(typeof serviceReplies)[M]] & Message
  : Json extends void
    ? Record<never, never>
    : Json;

/** A service whose answers are messages. Calls that are Perdure's own answer in JSON. */
export type InMessages<S> = {
  readonly [M in keyof S]: S[M] extends (request: infer R, ...limits: infer L) => Promise<infer Json>
    ? (request: Request<R>, ...limits: L) => Promise<Reply<M, Json>>
    : S[M];
};

export type WorkflowService = InMessages<JsonWorkflowService>;
export type OperatorService = InMessages<JsonOperatorService>;

export interface MessageForms extends RawForms {
  history: FetchedHistory;
  info: messages.WorkflowExecutionInfo;
  description: messages.DescribeWorkflowExecutionResponse;
  schedule: messages.DescribeScheduleResponse;
  service: WorkflowService;
  operator: OperatorService;
}

export const inMessages: RawWriter<MessageForms> = {
  history: (json) => messageOfJson('History', json) as FetchedHistory,
  info: (json) => messageOfJson('WorkflowExecutionInfo', json),
  description: (json) =>
    replyOf('DescribeWorkflowExecutionResponse', json) as messages.DescribeWorkflowExecutionResponse,
  descriptionInJson: (message) =>
    jsonOfMessage('DescribeWorkflowExecutionResponse', message) as DescribeWorkflowExecutionReply,
  schedule: (json) => replyOf('DescribeScheduleResponse', json) as messages.DescribeScheduleResponse,
  service: (json) => {
    const service = answering<JsonWorkflowService, WorkflowService>(json);
    return standsFor(service, json);
  },
  operator: (json) => answering<JsonOperatorService, OperatorService>(json),
};

/** Texts of the engine's that nobody looks into. They need not be base64, as the texts of bytes otherwise are. */
const TOKENS = ['nextPageToken', 'conflictToken'];

function replyOf(name: string, json: object): object {
  const message = messageOfJson(name, json) as Record<string, unknown>;
  for (const token of TOKENS) {
    const text = (json as Record<string, unknown>)[token];
    if (typeof text === 'string' && text !== '') message[token] = new TextEncoder().encode(text);
  }
  return message;
}

const made = new WeakMap<object, object>();

/** The service with requests read, and answers given, as messages. */
function answering<S extends object, Made extends object>(json: S): Made {
  const before = made.get(json);
  if (before) return before as Made;
  const methods = new Map<unknown, unknown>();
  const service = new Proxy(json, {
    get(target, key) {
      const method = Reflect.get(target, key, target) as unknown;
      // It makes another service of this one, and calls nothing.
      if (typeof method !== 'function' || key === 'constructor' || key === 'through') return method;
      if (!methods.has(method)) methods.set(method, calling(target, String(key), method as Method));
      return methods.get(method);
    },
  }) as unknown as Made;
  made.set(json, service);
  return service;
}

type Method = (this: object, request: unknown, ...limits: unknown[]) => Promise<object | undefined>;

function calling(service: object, name: string, method: Method) {
  return async (request: unknown, ...limits: unknown[]): Promise<object> => {
    const json = (await method.call(service, written('', request), ...limits)) ?? {};
    const message = serviceReplies[name as keyof typeof serviceReplies];
    return message ? replyOf(message, json) : json;
  };
}

/** A field of a request in JSON, by its name. Enums and durations the engine reads in either form. */
function written(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value instanceof AbortSignal) return value;
  if (value instanceof Uint8Array)
    return TOKENS.includes(name) ? new TextDecoder().decode(value) || undefined : bytesToBase64(value);
  if (Array.isArray(value)) return value.map((item) => written('', item));
  if ('low' in value && 'high' in value) return longText(value);
  const { seconds, nanos, ...rest } = value as { seconds?: unknown; nanos?: unknown };
  const isTime = (seconds !== undefined || nanos !== undefined) && Object.keys(rest).length === 0;
  if (isTime && /[tT]ime$/.test(name)) return timestampText({ seconds, nanos });
  const { paths } = value as { paths?: unknown };
  if (name === 'updateMask' && Array.isArray(paths)) return paths.join(',');
  const inherited = Object.getPrototypeOf(value) as Record<string, unknown> | null;
  const fields = Object.entries(value)
    .filter(([key, field]) => !saysNothing(field, inherited?.[key]))
    .map(([key, field]) => [key, written(key, field)] as const);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
}

/** Messages and their copies have lists although nothing is in them, messages maps. A message without fields says that it is there. */
function saysNothing(field: unknown, inherited: unknown): boolean {
  if (Array.isArray(field)) return field.length === 0;
  const isMap = typeof inherited === 'object' && inherited !== null && !Array.isArray(inherited);
  return isMap && typeof field === 'object' && field !== null && Object.keys(field).length === 0;
}
