/** Commands that only record something: markers (patches, local results), search attributes, memo. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type { PayloadJson, PayloadMapJson } from '../../sdk/common/payload.ts';
import { checkName, checkPayloadMap, checkPayloads, checkSearchAttributes } from './check.ts';
import type { Apply, Execute } from './noun.ts';
import type { RunState } from './state.ts';
import { storedData } from './stored-payload.ts';
import { bumpVisibility } from './visibility.ts';

/** `null` and `[]` in base64: a search attribute or memo field set to either is removed. */
const EMPTY_VALUES = ['', 'bnVsbA==', 'W10='];
const isEmpty = (payload: PayloadJson): boolean =>
  EMPTY_VALUES.includes(payload.data ?? '') && !storedData(payload);

/** The fields as they are after some of them were set. */
function merged(fields: PayloadMapJson | undefined, changes: PayloadMapJson | undefined): PayloadMapJson {
  const kept = Object.entries({ ...fields, ...changes }).filter(([, payload]) => !isEmpty(payload));
  return Object.fromEntries(kept);
}

/** A run that is retried or comes again by cron begins with those of the start: kept when the first of them changes. */
function keepGiven({ restart, memo, searchAttributes }: RunState): void {
  if (!restart || restart.given) return;
  restart.given = { ...(memo && { memo }), ...(searchAttributes && { searchAttributes }) };
}

export const apply: Apply<
  'MarkerRecorded' | 'UpsertWorkflowSearchAttributes' | 'WorkflowPropertiesModified'
> = {
  MarkerRecorded() {},
  UpsertWorkflowSearchAttributes(run, { searchAttributes }, place) {
    keepGiven(run);
    run.searchAttributes = {
      indexedFields: merged(run.searchAttributes?.indexedFields, searchAttributes.indexedFields),
    };
    bumpVisibility(run, place);
  },
  WorkflowPropertiesModified(run, { upsertedMemo }, place) {
    keepGiven(run);
    run.memo = { fields: merged(run.memo?.fields, upsertedMemo?.fields) };
    bumpVisibility(run, place);
  },
};

export const execute: Execute<
  'RecordMarker' | 'UpsertWorkflowSearchAttributes' | 'ModifyWorkflowProperties'
> = {
  ModifyWorkflowProperties: {
    badCause: 'BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES',
    check(_run, { upsertedMemo }) {
      const fields = upsertedMemo?.fields;
      if (!fields || Object.keys(fields).length === 0)
        throw invalidArgument('upsertedMemo: must not be empty');
      checkPayloadMap('upsertedMemo', fields);
    },
    record(t, { upsertedMemo }, { workflowTaskCompletedEventId, userMetadata }) {
      const attributes = { workflowTaskCompletedEventId, upsertedMemo };
      t.append('WorkflowPropertiesModified', attributes, { userMetadata });
    },
  },
  RecordMarker: {
    badCause: 'BAD_RECORD_MARKER_ATTRIBUTES',
    check(_run, { markerName, details, header }) {
      checkName('markerName', markerName);
      for (const [key, payloads] of Object.entries(details ?? {})) checkPayloads(`details.${key}`, payloads);
      checkPayloadMap('header', header?.fields);
    },
    record(t, { markerName, details, header, failure }, { workflowTaskCompletedEventId, userMetadata }) {
      const attributes = { markerName, details, workflowTaskCompletedEventId, header, failure };
      t.append('MarkerRecorded', attributes, { userMetadata });
    },
  },
  UpsertWorkflowSearchAttributes: {
    badCause: 'BAD_SEARCH_ATTRIBUTES',
    check(_run, { searchAttributes }) {
      const fields = searchAttributes?.indexedFields;
      if (!fields || Object.keys(fields).length === 0)
        throw invalidArgument('searchAttributes: must not be empty');
      checkSearchAttributes('searchAttributes', fields);
    },
    record(t, { searchAttributes }, { workflowTaskCompletedEventId, userMetadata }) {
      t.append(
        'UpsertWorkflowSearchAttributes',
        { workflowTaskCompletedEventId, searchAttributes },
        { userMetadata },
      );
    },
  },
};
