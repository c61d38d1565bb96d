/** What Linux says of the processes of a group. */

import { readdirSync, readFileSync } from 'node:fs';

/** A hundredth of a second: the unit of `/proc` on every Linux that Node runs on. */
const TICK_MS = 10;

/** Fields of `/proc/<pid>/stat`, counted from the one behind the name. */
const GROUP = 2;
const USER_TIME = 11;
const SYSTEM_TIME = 12;

function overGroup<T>(group: number, value: (pid: string, stat: string[]) => T): T[] {
  const values: T[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      if (Number(stat[GROUP]) === group) values.push(value(pid, stat));
    } catch {
      // It has ended meanwhile.
    }
  }
  return values;
}

const sumOver = (...of: Parameters<typeof overGroup<number>>): number =>
  overGroup(...of).reduce((sum, value) => sum + value, 0);

export const pidsOf = (group: number): string[] => overGroup(group, (pid) => pid);

export const residentKilobytes = (group: number): number =>
  sumOver(group, (pid) =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  );

/** The processors' time that they have taken so far. */
export const processorMilliseconds = (group: number): number =>
  sumOver(group, (_, stat) => (Number(stat[USER_TIME]) + Number(stat[SYSTEM_TIME])) * TICK_MS);
