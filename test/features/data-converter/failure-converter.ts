/** Hides the texts of errors in payloads, and says of each failure that this converter wrote it. */

import { DefaultFailureConverter, type PayloadConverter, type ProtoFailure } from 'perdure/common';

class MarkingConverter extends DefaultFailureConverter {
  override errorToFailure(error: unknown, payloadConverter: PayloadConverter): ProtoFailure {
    return { ...super.errorToFailure(error, payloadConverter), source: 'MarkingConverter' };
  }
}

export const failureConverter = new MarkingConverter({ encodeCommonAttributes: true });
