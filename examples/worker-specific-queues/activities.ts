/** What hosts do: they have a disk each, and what one of them has fetched no other one sees. */

import { activityInfo, log, sleep } from 'perdure/activity';
import type { Host } from './shared.ts';

export interface Disk {
  write(name: string, text: string): Promise<void>;
  read(name: string): Promise<string>;
  remove(name: string): Promise<void>;
}

/** On the task queue of all hosts: whoever takes the task offers itself. */
export function createOffer(host: Host) {
  return { offerHost: async (): Promise<Host> => host };
}

/** On the host's own task queue. */
export function createActivities(disk: Disk, pause: () => Promise<void> = () => sleep('2 seconds')) {
  /** Answers with the name that the file has on this host. Made-up text: as many words as its name has letters. */
  async function fetchFile(source: string): Promise<string> {
    // Of this workflow alone: another one may be at the same source on the same host, and be the first to remove its file.
    const { workflowId } = activityInfo().workflowExecution!;
    const name = `${workflowId}-${source}`.replace(/\W+/g, '-').concat('.txt');
    await pause();
    await disk.write(name, Array.from(source, () => 'word').join(' '));
    log.info(`fetched ${source}`);
    return name;
  }

  async function countWords(name: string): Promise<number> {
    await pause();
    return (await disk.read(name)).split(' ').length;
  }

  async function removeFile(name: string): Promise<void> {
    await disk.remove(name);
  }

  return { fetchFile, countWords, removeFile };
}

export type Offer = ReturnType<typeof createOffer>;
export type Activities = ReturnType<typeof createActivities>;
