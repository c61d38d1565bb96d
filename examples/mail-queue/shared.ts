/** What the activities, the workflow and their callers have in common. */

export const TASK_QUEUE = 'mail-queue';

export interface Mail {
  to: string;
  subject: string;
}

/** An address has one mail of a subject: whoever asks for it again gets the one that there is. */
export const mailId = ({ to, subject }: Mail): string => `${subject} to ${to}`;
