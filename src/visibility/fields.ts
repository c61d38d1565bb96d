/**
 * What a list filter can name: the fields every run has, Temporal's predefined search attributes, ours, and the custom
 * ones of a namespace. Also what a row holds of them: plain values by name, the same for SQL and for tests.
 */

import { fromDurationJson, fromTimestampJson } from '../../sdk/common/duration.ts';
import { ServiceError } from '../../sdk/common/errors.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import { decodeSearchAttribute, type SearchAttributeType } from '../../sdk/common/search-attributes.ts';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { versionText } from '../../sdk/common/versioning.ts';
import { statusName } from './status.ts';

/** Custom search attributes by name. */
export type AttributeTypes = Readonly<Record<string, SearchAttributeType>>;
export interface Field {
  name: string;
  type: SearchAttributeType;
}

/** Filled by the engine for every run. */
const runFields = {
  WorkflowId: 'KEYWORD',
  RunId: 'KEYWORD',
  WorkflowType: 'KEYWORD',
  ExecutionStatus: 'KEYWORD',
  TaskQueue: 'KEYWORD',
  StartTime: 'DATETIME',
  ExecutionTime: 'DATETIME',
  CloseTime: 'DATETIME',
  HistoryLength: 'INT',
  HistorySizeBytes: 'INT',
  ExecutionDuration: 'INT',
  StateTransitionCount: 'INT',
  ParentWorkflowId: 'KEYWORD',
  ParentRunId: 'KEYWORD',
  RootWorkflowId: 'KEYWORD',
  RootRunId: 'KEYWORD',
  // Ours: what an open run waits for, and how it fares.
  WaitingOn: 'KEYWORD_LIST',
  PendingActivityAttempts: 'INT',
  LastFailure: 'TEXT',
} as const satisfies AttributeTypes;

/** Search attributes that are there without being added: workflows and the engine may set them. */
const predefined = {
  BatcherUser: 'KEYWORD',
  BinaryChecksums: 'KEYWORD_LIST',
  BuildIds: 'KEYWORD_LIST',
  TemporalChangeVersion: 'KEYWORD_LIST',
  TemporalNamespaceDivision: 'KEYWORD',
  TemporalPauseInfo: 'KEYWORD_LIST',
  TemporalReportedProblems: 'KEYWORD_LIST',
  TemporalScheduledById: 'KEYWORD',
  TemporalScheduledStartTime: 'DATETIME',
  TemporalSchedulePaused: 'BOOL',
  TemporalUsedWorkerDeploymentVersions: 'KEYWORD_LIST',
  TemporalWorkerDeployment: 'KEYWORD',
  TemporalWorkerDeploymentVersion: 'KEYWORD',
  TemporalWorkflowVersioningBehavior: 'KEYWORD',
} as const satisfies AttributeTypes;

export const systemAttributes: AttributeTypes = { ...runFields, ...predefined };

const own = (types: AttributeTypes, name: string): SearchAttributeType | undefined =>
  Object.hasOwn(types, name) ? types[name] : undefined;

export function fieldNamed(name: string, custom: AttributeTypes): Field | undefined {
  const type = own(systemAttributes, name) ?? own(custom, name);
  return type && { name, type };
}

/** The type of a search attribute that a user may set; `undefined`: there is none, or the engine alone sets it. */
export function settableType(name: string, custom: AttributeTypes): SearchAttributeType | undefined {
  return own(predefined, name) ?? own(custom, name);
}

const MAX_ATTRIBUTES = 100;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

/**
 * The custom attributes after some were added. One that is there with the same type stays as it is.
 * @throws ServiceError INVALID_ARGUMENT for a bad or reserved name, ALREADY_EXISTS for another type.
 */
export function withAttributes(custom: AttributeTypes, added: AttributeTypes): AttributeTypes {
  for (const [name, type] of Object.entries(added)) {
    if (!NAME.test(name))
      throw new ServiceError(
        'INVALID_ARGUMENT',
        `Search attribute ${JSON.stringify(name)}: a name has letters, digits, "_", "-" and ".", at most 128, and begins with a letter.`,
      );
    if (Object.hasOwn(systemAttributes, name) || name.startsWith('Temporal'))
      throw new ServiceError('INVALID_ARGUMENT', `Search attribute ${name} is reserved by system.`);
    const before = own(custom, name);
    if (before && before !== type)
      throw new ServiceError(
        'ALREADY_EXISTS',
        `Search attribute ${name} already exists with type ${before}.`,
      );
  }
  const all = { ...custom, ...added };
  if (Object.keys(all).length > MAX_ATTRIBUTES)
    throw new ServiceError(
      'RESOURCE_EXHAUSTED',
      `A namespace has at most ${MAX_ATTRIBUTES} search attributes.`,
    );
  return all;
}

/** @throws ServiceError NOT_FOUND for a name that is not there, INVALID_ARGUMENT for one of the system's. */
export function withoutAttributes(custom: AttributeTypes, names: readonly string[]): AttributeTypes {
  for (const name of names) {
    if (Object.hasOwn(systemAttributes, name))
      throw new ServiceError('INVALID_ARGUMENT', `Unable to remove non-custom search attribute: ${name}.`);
    if (own(custom, name) === undefined)
      throw new ServiceError('NOT_FOUND', `Search attribute ${name} doesn't exist.`);
  }
  return Object.fromEntries(Object.entries(custom).filter(([name]) => !names.includes(name)));
}

/** Datetime in milliseconds, durations too; Text as its words; an absent field has no value. */
export type FieldValue = string | number | boolean | string[];
export type FieldValues = Record<string, FieldValue>;

/** A row's fields by name, run fields and search attributes alike. */
export function fieldValues({ info, details }: VisibilityRecord, custom: AttributeTypes): FieldValues {
  const { execution, parentExecution: parent, rootExecution: root = execution } = info;
  const open = info.closeTime === undefined;
  const values: Record<string, FieldValue | undefined> = {
    ...attributeValues(info.searchAttributes?.indexedFields ?? {}, custom),
    WorkflowId: execution.workflowId,
    RunId: execution.runId,
    WorkflowType: info.type.name,
    ExecutionStatus: statusName(info.status),
    TaskQueue: info.taskQueue,
    StartTime: fromTimestampJson(info.startTime),
    ExecutionTime: fromTimestampJson(info.executionTime),
    CloseTime: open ? undefined : fromTimestampJson(info.closeTime),
    HistoryLength: Number(info.historyLength),
    HistorySizeBytes: info.historySizeBytes === undefined ? undefined : Number(info.historySizeBytes),
    ExecutionDuration: info.executionDuration && fromDurationJson(info.executionDuration),
    StateTransitionCount:
      info.stateTransitionCount === undefined ? undefined : Number(info.stateTransitionCount),
    ParentWorkflowId: parent?.workflowId,
    ParentRunId: parent?.runId,
    RootWorkflowId: root.workflowId,
    RootRunId: root.runId,
    ...versioningValues(info.versioningInfo),
    ...(open && details && { WaitingOn: details.waitingOn }),
    ...(open && details?.problems && { TemporalReportedProblems: details.problems }),
    ...(open && details && { PendingActivityAttempts: details.pendingActivityAttempts }),
    ...(details?.lastFailure !== undefined && { LastFailure: words(details.lastFailure) }),
  };
  return present(values);
}

/** An empty list is no value. */
const present = (values: Record<string, FieldValue | undefined>): FieldValues =>
  Object.fromEntries(
    Object.entries(values).filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0)),
  ) as FieldValues;

/** What counts: the override, where there is one, before what the run's last task said. */
function versioningValues(
  info: VisibilityRecord['info']['versioningInfo'],
): Record<string, FieldValue | undefined> {
  if (!info) return {};
  const { versioningOverride: override } = info;
  const pinned = override && 'pinned' in override ? override.pinned : undefined;
  const version = pinned?.version ?? info.deploymentVersion;
  const behaviors: Record<string, string> = {
    VERSIONING_BEHAVIOR_PINNED: 'Pinned',
    VERSIONING_BEHAVIOR_AUTO_UPGRADE: 'AutoUpgrade',
  };
  const overridden = override && (pinned ? 'Pinned' : 'AutoUpgrade');
  const behavior = overridden ?? behaviors[info.behavior ?? ''];
  const text = version && versionText(version);
  return {
    TemporalWorkerDeployment: version?.deploymentName,
    TemporalWorkerDeploymentVersion: text,
    TemporalWorkflowVersioningBehavior: behavior,
    // Temporal's, of a pinned run.
    ...(text && behavior === 'Pinned' && { BuildIds: [`pinned:${text}`] }),
  };
}

export function attributeValues(
  fields: NonNullable<NonNullable<VisibilityRecord['info']['searchAttributes']>['indexedFields']>,
  custom: AttributeTypes,
): FieldValues {
  const entries = Object.entries(fields).map(([name, payload]) => {
    const { value, type } = readable(payload);
    return [name, asFieldValue(value, settableType(name, custom) ?? type ?? guessedType(value))] as const;
  });
  return present(Object.fromEntries(entries));
}

/** A row is to be listed all the same: what cannot be read, as in a run that was written elsewhere, has no value. */
function readable(payload: PayloadJson): Partial<ReturnType<typeof decodeSearchAttribute>> {
  try {
    return decodeSearchAttribute(payload);
  } catch {
    return {};
  }
}

/** For attributes that nobody added: a namespace without a registry (the test environment) lists them too. */
export function guessedType(value: unknown): SearchAttributeType {
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (Array.isArray(one)) return 'KEYWORD_LIST';
  if (typeof one === 'number') return 'DOUBLE';
  if (typeof one === 'boolean') return 'BOOL';
  return typeof one === 'string' && IN_FULL.test(one) && isTime(one) ? 'DATETIME' : 'KEYWORD';
}

/** As JSON has a Date. */
const IN_FULL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const isTime = (text: string): boolean => !Number.isNaN(Date.parse(text));

/** `undefined` for a value that is not of the type. A list of one stands for its value. */
export function asFieldValue(value: unknown, type: SearchAttributeType): FieldValue | undefined {
  if (type === 'KEYWORD_LIST') {
    const list = Array.isArray(value) ? value : [value];
    return list.every((item) => typeof item === 'string') ? list : undefined;
  }
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  switch (type) {
    case 'TEXT':
      return typeof one === 'string' ? words(one) : undefined;
    case 'KEYWORD':
      return typeof one === 'string' ? one : undefined;
    case 'BOOL':
      return typeof one === 'boolean' ? one : undefined;
    case 'INT':
      return Number.isInteger(one) ? (one as number) : undefined;
    case 'DOUBLE':
      return typeof one === 'number' ? one : undefined;
    case 'DATETIME':
      return typeof one === 'string' ? parseTime(one) : undefined;
  }
}

/** The words of a text, small letters, each once. */
export function words(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])];
}

const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

/** RFC 3339 → epoch milliseconds, with a fraction where the text is finer; `undefined` when it is no time. */
export function parseTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [, day, clock, fraction = 0, zone] = match;
  const asInUtc = new Date(`${day}T${clock}Z`);
  const whole = Date.parse(`${day}T${clock}${zone!.toUpperCase()}`);
  if (Number.isNaN(whole) || Number.isNaN(asInUtc.getTime())) return undefined;
  // 30 February and 24:00 are times of the next day to JavaScript, and none to anybody else.
  if (!asInUtc.toISOString().startsWith(`${day}T${clock}`)) return undefined;
  return whole + Number(fraction) * 1_000;
}
