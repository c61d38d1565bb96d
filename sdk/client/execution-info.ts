/** Describe, list and count answers as users read them. */

import type { LoadedDataConverter } from '../common/data-converter.ts';
import { fromTimestampJson } from '../common/duration.ts';
import { fromWire } from '../common/enums.ts';
import type { WorkflowExecution } from '../common/history.ts';
import { type PayloadMapJson, payloadFromJson } from '../common/payload.ts';
import { messageCodec } from '../common/payload-codec.ts';
import { decodePriority, type Priority } from '../common/priority.ts';
import {
  decodeSearchAttributes,
  decodeTypedSearchAttributes,
  type SearchAttributes,
  type SearchAttributeValue,
  type TypedSearchAttributes,
} from '../common/search-attributes.ts';
import { type SerializationContext, workflowContext } from '../common/serialization-context.ts';
import type { WorkflowExecutionInfo as RawInfo } from '../common/service.ts';
import type { AnyClient } from './base-client.ts';
import type { JsonForms, RawForms, RawWriter } from './raw-forms.ts';

/** Status numbers of `temporal.api.enums.v1.WorkflowExecutionStatus`, by the names of Temporal's TypeScript SDK. */
const statusCodes = {
  UNSPECIFIED: 0,
  RUNNING: 1,
  COMPLETED: 2,
  FAILED: 3,
  CANCELLED: 4,
  TERMINATED: 5,
  CONTINUED_AS_NEW: 6,
  TIMED_OUT: 7,
  PAUSED: 8,
} as const;
export type WorkflowExecutionStatusName = keyof typeof statusCodes;

export interface WorkflowExecutionInfo<F extends RawForms = JsonForms> {
  type: string;
  workflowId: string;
  runId: string;
  taskQueue: string;
  status: { code: number; name: WorkflowExecutionStatusName };
  /** Number of events. */
  historyLength: number;
  /** In bytes. */
  historySize?: number;
  startTime: Date;
  executionTime?: Date;
  closeTime?: Date;
  memo?: Record<string, unknown>;
  /** @deprecated use `typedSearchAttributes` */
  searchAttributes: SearchAttributes;
  typedSearchAttributes: TypedSearchAttributes;
  /** The workflow that started this one as its child. */
  parentExecution?: WorkflowExecution;
  /** The first ancestor; the workflow itself when it has no parent. */
  rootExecution?: WorkflowExecution;
  priority?: Priority;
  raw: F['info'];
}

export type WorkflowExecutionDescription<F extends RawForms = JsonForms> = Omit<
  WorkflowExecutionInfo,
  'raw'
> & {
  raw: F['description'];
  staticDetails(): Promise<string | undefined>;
  staticSummary(): Promise<string | undefined>;
};

export interface CountWorkflowExecution {
  count: number;
  groups: { count: number; groupValues: SearchAttributeValue[] }[];
}

/** `WORKFLOW_EXECUTION_STATUS_CANCELED` → `{ code: 4, name: 'CANCELLED' }` (two l's: the SDK's spelling). */
export function statusFromWire(status: string | undefined): WorkflowExecutionInfo['status'] {
  const wire = fromWire<string>('workflowExecutionStatus', status);
  const name = wire === 'CANCELED' ? 'CANCELLED' : wire;
  const known =
    name !== undefined && name in statusCodes ? (name as WorkflowExecutionStatusName) : 'UNSPECIFIED';
  return { code: statusCodes[known], name: known };
}

export async function executionInfoFromRaw(
  raw: RawInfo,
  converter: LoadedDataConverter,
  namespace: string | undefined,
): Promise<Omit<WorkflowExecutionInfo, 'raw'>> {
  const context = namespace === undefined ? undefined : workflowContext(namespace, raw.execution.workflowId);
  const memo = await valuesOf(raw.memo?.fields ?? {}, converter, context);
  const { historySizeBytes, executionTime, closeTime, parentExecution, rootExecution } = raw;
  const indexedFields = raw.searchAttributes?.indexedFields;
  return {
    type: raw.type.name,
    workflowId: raw.execution.workflowId,
    runId: raw.execution.runId,
    taskQueue: raw.taskQueue,
    status: statusFromWire(raw.status),
    historyLength: Number(raw.historyLength ?? 0),
    ...(historySizeBytes !== undefined && { historySize: Number(historySizeBytes) }),
    startTime: new Date(fromTimestampJson(raw.startTime)),
    ...(executionTime && { executionTime: new Date(fromTimestampJson(executionTime)) }),
    ...(closeTime && { closeTime: new Date(fromTimestampJson(closeTime)) }),
    memo,
    searchAttributes: decodeSearchAttributes(indexedFields),
    typedSearchAttributes: decodeTypedSearchAttributes(indexedFields),
    ...(parentExecution && { parentExecution }),
    ...(rootExecution && { rootExecution }),
    priority: decodePriority(raw.priority),
  };
}

export async function descriptionFromRaw<F extends RawForms>(
  raw: F['description'],
  { dataConverter, namespace }: Pick<AnyClient, 'dataConverter' | 'namespace'>,
  raws: RawWriter<F>,
): Promise<WorkflowExecutionDescription<F>> {
  const json = raws.descriptionInJson(raw);
  const { summary, details } = json.executionConfig.userMetadata ?? {};
  const context = workflowContext(namespace, json.workflowExecutionInfo.execution.workflowId);
  const text = async (payload: typeof summary): Promise<string | undefined> =>
    payload && ((await valuesOf({ payload }, dataConverter, context)).payload as string);
  return {
    ...(await executionInfoFromRaw(json.workflowExecutionInfo, dataConverter, namespace)),
    raw,
    staticSummary: () => text(summary),
    staticDetails: () => text(details),
  };
}

async function valuesOf(
  fields: PayloadMapJson,
  { payloadCodecs, payloadConverter }: LoadedDataConverter,
  context: SerializationContext | undefined,
): Promise<Record<string, unknown>> {
  if (Object.keys(fields).length === 0) return {};
  const { memo } = await messageCodec(payloadCodecs, context).decode({ memo: { fields } });
  return Object.fromEntries(
    Object.entries(memo.fields).map(([name, payload]) => [
      name,
      payloadConverter.fromPayload(payloadFromJson(payload), context),
    ]),
  );
}
