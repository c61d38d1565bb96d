/** Two activities that see everything in plain text. */

import { ApplicationFailure } from 'perdure/common';

const patients: Record<string, string> = { 'p-1': 'Mrs. Winterbottom' };

export async function findPatient(patientId: string): Promise<string> {
  const patient = patients[patientId];
  if (patient) return patient;
  throw ApplicationFailure.nonRetryable(`Nobody has the number ${patientId}`, 'UnknownPatient');
}

export async function sendLetter(text: string): Promise<string> {
  return `sent: ${text}`;
}
