/** Commands that only record something: markers (patches, local results) and search attributes. */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type { PayloadJson } from '../../sdk/common/payload.ts';
import { checkName, checkPayloadMap, checkPayloads } from './check.ts';
import type { Apply, Execute } from './noun.ts';
import { bumpVisibility } from './visibility.ts';

/** `null` and `[]` in base64: a search attribute set to either is removed. */
const EMPTY_VALUES = ['', 'bnVsbA==', 'W10='];
const isEmpty = (payload: PayloadJson): boolean => EMPTY_VALUES.includes(payload.data ?? '');

export const apply: Apply<'MarkerRecorded' | 'UpsertWorkflowSearchAttributes'> = {
  MarkerRecorded() {},
  UpsertWorkflowSearchAttributes(run, { searchAttributes }, place) {
    const merged = { ...run.searchAttributes?.indexedFields, ...searchAttributes.indexedFields };
    const kept = Object.entries(merged).filter(([, payload]) => !isEmpty(payload));
    run.searchAttributes = { indexedFields: Object.fromEntries(kept) };
    bumpVisibility(run, place);
  },
};

export const execute: Execute<'RecordMarker' | 'UpsertWorkflowSearchAttributes'> = {
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
      checkPayloadMap('searchAttributes', fields);
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
