import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bankOnDisk } from './bank-node.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bank-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the bank on disk', () => {
  it('moves nothing when it is asked again with the same reference, also after a restart', async () => {
    const first = await bankOnDisk(directory).withdraw('acct-alice', 400, 'ref-1');
    const bank = bankOnDisk(directory);
    expect(await bank.withdraw('acct-alice', 400, 'ref-1')).toBe(first);
    expect(await bank.balances(['acct-alice'])).toEqual({ 'acct-alice': 1_600 });
  });

  it('is right when several processes write at once', async () => {
    const banks = Array.from({ length: 4 }, () => bankOnDisk(directory));
    const calls = Array.from({ length: 40 }, (_, i) =>
      banks[i % 4]!.withdraw('acct-alice', 100, `ref-${i % 25}`),
    );
    const settled = await Promise.allSettled(calls);
    const refused = settled.filter((outcome) => outcome.status === 'rejected');
    expect(await bankOnDisk(directory).balances(['acct-alice'])).toEqual({ 'acct-alice': 0 });
    // 25 references want 2,500 of the 2,000 there are.
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused.every(({ reason }) => reason.type === 'InsufficientFundsError')).toBe(true);
  });

  it('loses no entry to a line that a crash tore apart', async () => {
    const bank = bankOnDisk(directory);
    await bank.withdraw('acct-alice', 400, 'ref-1');
    await appendFile(join(directory, 'ledger.jsonl'), '\n{"kind":"deposit","acc');
    await bank.deposit('acct-bob', 400, 'ref-1');
    const expected = { 'acct-alice': 1_600, 'acct-bob': 900 };
    expect(await bank.balances(['acct-alice', 'acct-bob'])).toEqual(expected);
    expect(await bankOnDisk(directory).balances(['acct-alice', 'acct-bob'])).toEqual(expected);
  });

  it('begins again when its folder is deleted while it is in use', async () => {
    const bank = bankOnDisk(directory);
    await bank.withdraw('acct-alice', 400, 'ref-1');
    await bank.withdraw('acct-alice', 400, 'ref-2');
    await rm(directory, { recursive: true });
    expect(await bank.withdraw('acct-alice', 100, 'ref-1')).toBe('W000001');
    expect(await bank.balances(['acct-alice'])).toEqual({ 'acct-alice': 1_900 });
  });

  it('keeps every call as a line, repeated and refused ones too', async () => {
    const bank = bankOnDisk(directory);
    await bank.withdraw('acct-alice', 400, 'ref-1');
    await bank.withdraw('acct-alice', 400, 'ref-1');
    await expect(bank.withdraw('acct-nobody', 400, 'ref-2')).rejects.toThrow(
      'There is no account acct-nobody',
    );
    const text = await readFile(join(directory, 'ledger.jsonl'), 'utf8');
    const lines = text.trimEnd().split('\n');
    expect(text.endsWith('\n')).toBe(true);
    expect(lines.map((line) => JSON.parse(line).referenceId)).toEqual(['ref-1', 'ref-1', 'ref-2']);
  });
});
