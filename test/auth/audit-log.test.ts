import { describe, expect, it } from 'vitest';
import { AuditLog, hashOf } from '../../src/auth/audit-log.ts';
import { memorySql } from '../visibility/sqlite.ts';

const call = (workflowId: string) => ({
  principal: 'api-key:1:ci',
  rpc: 'TerminateWorkflowExecution',
  target: { 'workflowExecution.workflowId': workflowId },
});

describe('the audit log', () => {
  it('is a chain: every entry carries the digest of the one before', () => {
    const log = new AuditLog(memorySql(), () => 5);
    for (const id of ['a', 'b', 'c']) log.append(call(id));
    const entries = log.page({}).entries.toReversed();
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(entries[0]!.previousHash).toBe('0'.repeat(64));
    for (const [i, entry] of entries.entries()) {
      expect(hashOf(entry)).toBe(entry.hash);
      if (i > 0) expect(entry.previousHash).toBe(entries[i - 1]!.hash);
    }
    const forged = { ...entries[1]!, principal: 'somebody else' };
    expect(hashOf(forged)).not.toBe(forged.hash);
  });

  it('goes on where it was after a restart, and drops the oldest beyond its bound', () => {
    const sql = memorySql();
    for (let i = 1; i <= 5; i++) new AuditLog(sql, () => i, 3).append(call(`w${i}`));
    const { entries } = new AuditLog(sql, () => 0, 3).page({});
    expect(entries.map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
    expect(entries[0]!.previousHash).toBe(entries[1]!.hash);
  });

  it('is read in pages, the newest first, and reading it writes nothing', () => {
    const sql = memorySql();
    expect(new AuditLog(sql, () => 0).page({})).toEqual({ entries: [] });
    expect([...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'")]).toEqual([]);
    const log = new AuditLog(sql, () => 0);
    for (let i = 0; i < 5; i++) log.append(call(`w${i}`));
    const first = log.page({ pageSize: 3 });
    expect(first.entries.map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
    const second = log.page({ pageSize: 3, nextPageToken: first.nextPageToken! });
    expect(second.entries.map(({ sequence }) => sequence)).toEqual([2, 1]);
    expect(second.nextPageToken).toBeUndefined();
    expect(() => log.page({ nextPageToken: 'x' })).toThrow('not a token of this engine');
  });
});
