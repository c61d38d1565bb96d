/** What programs take out of a file inside of `@temporalio/client`: runs as lists give them, of what a service has answered. */

import {
  type WorkflowExecutionInfo as Info,
  executionInfoFromRaw as infoOfJson,
} from '../client/execution-info.ts';
import type { LoadedDataConverter } from '../common/data-converter.ts';
import { jsonOfMessage } from '../common/proto-to-json.ts';
import type * as messages from '../common/proto-types.ts';
import type { WorkflowExecutionInfo as RawInfo } from '../common/service.ts';

/** @param raw a run in the answer of `workflowService.listWorkflowExecutions` */
export async function executionInfoFromRaw<T>(
  raw: messages.WorkflowExecutionInfo,
  dataConverter: LoadedDataConverter,
  rawDataToEmbed: T,
  namespace?: string,
): Promise<Omit<Info, 'raw'> & { raw: T }> {
  const json = jsonOfMessage('WorkflowExecutionInfo', raw) as RawInfo;
  return { ...(await infoOfJson(json, dataConverter, namespace)), raw: rawDataToEmbed };
}
