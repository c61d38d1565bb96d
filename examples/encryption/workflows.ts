/** A patient's letter. Nothing in this file knows of encryption: it happens outside of workflow code. */

import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  upsertMemo,
} from 'perdure/workflow';
import type * as activities from './activities.ts';

const { findPatient, sendLetter } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 seconds',
  retry: { nonRetryableErrorTypes: ['UnknownPatient'] },
});

export const approve = defineSignal<[doctor: string]>('approve');
export const draft = defineQuery<string>('draft');

export async function letter(patientId: string, finding: string): Promise<string> {
  let text = '';
  let doctor = '';
  setHandler(draft, () => text);
  setHandler(approve, (name) => {
    doctor = name;
  });
  const patient = await findPatient(patientId);
  text = `Dear ${patient}, ${finding}`;
  upsertMemo({ patient });
  await condition(() => doctor !== '');
  return sendLetter(`${text} (${doctor})`);
}
