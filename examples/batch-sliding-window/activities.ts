/** What is to be done with a record: here, next to nothing; one in a hundred is bad. */

import { ApplicationFailure } from 'perdure/activity';

export async function processRecord(record: number): Promise<void> {
  if (record % 100 === 99) throw ApplicationFailure.nonRetryable(`Record ${record} is bad`, 'BadRecord');
}
