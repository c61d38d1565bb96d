/** What is to be done with a record: here, next to nothing; every thousandth one is bad. */

import { ApplicationFailure } from 'perdure/activity';

export async function processRecord(record: number): Promise<void> {
  if (record % 1_000 === 999) throw ApplicationFailure.nonRetryable(`Record ${record} is bad`, 'BadRecord');
}
