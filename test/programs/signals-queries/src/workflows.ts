import * as wf from '@temporalio/workflow';

export const release = wf.defineSignal<[by: string]>('release');
export const isHeld = wf.defineQuery<boolean>('isHeld');
export const visitors = wf.defineQuery<string[], [limit: number]>('visitors');

/** Holds a door until somebody releases it; remembers who came by. */
export async function holdDoor(): Promise<string> {
  let held = true;
  const seen: string[] = [];
  wf.setHandler(release, (by) => {
    seen.push(by);
    held = false;
  });
  wf.setHandler(isHeld, () => held);
  wf.setHandler(visitors, (limit) => seen.slice(0, limit), { description: 'Who came by' });
  wf.log.info('holding the door');
  try {
    await wf.condition(() => !held);
    return `released by ${seen.join(', ')}`;
  } catch (err) {
    if (wf.isCancellation(err)) wf.log.warn('cancelled at the door');
    throw err;
  }
}

/** A message box: signals nobody defined arrive at the default handler, in order. */
export async function mailbox(): Promise<string[]> {
  const letters: string[] = [];
  wf.setDefaultSignalHandler((name, ...args) => {
    letters.push(`${name}:${args.join('+')}`);
  });
  wf.setDefaultQueryHandler((name) => `${name} of ${letters.length}`);
  await wf.condition(() => letters.length >= 2, '1 hour');
  return letters;
}
