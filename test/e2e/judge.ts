/** The verdicts. They come from what is on disk (the ledgers) and from the histories, not from what a test saw on its way. */

import { expect } from 'vitest';
import type { HistoryEvent } from '../../sdk/common/history.ts';
import { CLOCK_SLACK, ranAgain } from '../checker/acknowledged.ts';
import type { HttpApi } from '../http-api.ts';
import { type LedgerLine, readLines } from './ledger.ts';

/** When each activity's completion was recorded, by activity id. */
function completions(events: HistoryEvent[]): Map<string, number> {
  const ids = new Map<string, string>();
  const times = new Map<string, number>();
  for (const event of events) {
    const attributes = event as unknown as Record<string, Record<string, string>>;
    const scheduled = attributes.activityTaskScheduledEventAttributes;
    const completed = attributes.activityTaskCompletedEventAttributes;
    if (scheduled) ids.set(event.eventId, scheduled.activityId!);
    if (completed) times.set(ids.get(completed.scheduledEventId!)!, Date.parse(event.eventTime as string));
  }
  return times;
}

/** No activity whose completion was recorded ran again. Answers how many activities were looked at. */
export async function nothingRanAgain(api: HttpApi, ledger: string, workflowIds: string[]): Promise<number> {
  const lines = readLines<LedgerLine>(ledger);
  let activities = 0;
  for (const workflowId of workflowIds) {
    for (const [activityId, completed] of completions(await api.history(workflowId))) {
      const own = lines.filter((l) => l.workflowId === workflowId && l.activityId === activityId);
      expect(
        own.some(({ what }) => what === 'end'),
        `${workflowId}/${activityId} has worked`,
      ).toBe(true);
      const late = ranAgain(own, completed);
      expect(late, `${workflowId}/${activityId} ran again after its completion was recorded`).toEqual([]);
      activities++;
    }
  }
  return activities;
}

interface BankLine {
  kind: 'withdraw' | 'deposit' | 'refund';
  account: string;
  amount: number;
  referenceId: string;
  time: string;
}

/**
 * Each reference was withdrawn once and deposited once, nothing else moved, and no movement was asked for again after
 * its completion was recorded. Read from the bank's ledger on disk; the first line of a reference counts, as in the bank.
 */
export async function bankIsRight(
  api: HttpApi,
  bankDir: string,
  transfers: Array<{ workflowId: string; referenceId: string; amount: number }>,
): Promise<void> {
  const lines = readLines<BankLine>(`${bankDir}/ledger.jsonl`);
  const moved = new Map<string, BankLine>();
  for (const line of lines) {
    const key = `${line.kind} ${line.referenceId}`;
    if (!moved.has(key)) moved.set(key, line);
  }
  const expected = transfers.flatMap(({ referenceId }) => [
    `withdraw ${referenceId}`,
    `deposit ${referenceId}`,
  ]);
  expect([...moved.keys()].sort()).toEqual(expected.sort());
  let sum = 0;
  for (const { kind, amount } of moved.values()) sum += kind === 'withdraw' ? -amount : amount;
  expect(sum, 'no money was made or lost').toBe(0);
  for (const { workflowId, referenceId, amount } of transfers) {
    const times = [...completions(await api.history(workflowId)).values()];
    for (const [i, kind] of (['withdraw', 'deposit'] as const).entries()) {
      const calls = lines.filter((line) => line.referenceId === referenceId && line.kind === kind);
      expect(calls.every((line) => line.amount === amount)).toBe(true);
      const late = calls.filter((line) => Date.parse(line.time) > times[i]! + CLOCK_SLACK);
      expect(late, `${workflowId}: ${kind} ran again after its completion was recorded`).toEqual([]);
    }
  }
}
