/** The company that converts videos: here, made up. */

import { ApplicationFailure } from 'perdure/activity';
import type { Conversion } from './shared.ts';

/** The job's id says when it is done: this company remembers nothing. */
export async function startConversion({ video, seconds }: Conversion): Promise<string> {
  return `${video}@${Date.now() + seconds * 1_000}`;
}

/** Asks once. @throws while the job runs; asking again is the retry policy's matter. */
export async function conversionResult(jobId: string): Promise<string> {
  const [video, readyAt] = jobId.split('@');
  if (video!.includes('broken')) {
    throw ApplicationFailure.create({ message: `${video} is no video`, type: 'ConversionFailed' });
  }
  if (Date.now() < Number(readyAt)) {
    throw ApplicationFailure.create({ message: `${jobId} is not ready`, type: 'NotReady' });
  }
  return `https://videos.example/${video}.webm`;
}
