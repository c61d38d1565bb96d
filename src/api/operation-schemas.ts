/** The requests of those who operate workflows, as zod schemas. */

import { z } from 'zod';
import { ResetReapplyExcludeType, ResetReapplyType, toWire } from '../../sdk/common/enums.ts';
import { int, onExecution, optionalId, text, wireEnum } from './schemas.ts';

export const reset = z.strictObject({
  ...onExecution,
  reason: text,
  workflowTaskFinishEventId: int.optional(),
  options: z
    .union([
      z.strictObject({ firstWorkflowTask: z.strictObject({}) }),
      z.strictObject({ lastWorkflowTask: z.strictObject({}) }),
      z.strictObject({ buildId: z.string().min(1, 'must not be empty').max(1_000) }),
    ])
    .optional(),
  requestId: optionalId,
  resetReapplyType: wireEnum('resetReapplyType', ResetReapplyType),
  resetReapplyExcludeTypes: z
    .array(
      z.enum(Object.keys(ResetReapplyExcludeType).map((name) => toWire('resetReapplyExcludeType', name))),
    )
    .optional(),
});
