import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../src/visibility/group-commit.ts';

function shard(commit: (work: () => void) => Promise<void> = async (work) => work()) {
  const pauses: Array<() => void> = [];
  const pause = () => new Promise<void>((resolve) => pauses.push(resolve));
  const counts = { commits: 0 };
  const group = new GroupCommit(pause, async (work) => {
    counts.commits++;
    await commit(work);
  });
  return { group, pauses, counts };
}

describe('work that is gathered', () => {
  it('is one commit, in its order', async () => {
    const { group, pauses, counts } = shard();
    const done: number[] = [];
    const all = Promise.all([1, 2, 3].map((n) => group.add(() => void done.push(n))));
    expect(done).toEqual([]);
    pauses.shift()!();
    await all;
    expect(done).toEqual([1, 2, 3]);
    expect(counts.commits).toBe(1);
  });

  it('takes what comes while the commit is prepared, and leaves what comes later to the next', async () => {
    const prepared = Promise.withResolvers<void>();
    const { group, pauses, counts } = shard(async (work) => {
      await prepared.promise;
      work();
    });
    const first = group.add(() => undefined);
    pauses.shift()!();
    await Promise.resolve();
    const second = group.add(() => undefined);
    prepared.resolve();
    await Promise.all([first, second]);
    expect(counts.commits).toBe(1);
    const third = group.add(() => undefined);
    pauses.shift()!();
    await third;
    expect(counts.commits).toBe(2);
  });

  it('that fails, fails for its caller alone', async () => {
    const { group, pauses } = shard();
    const done: number[] = [];
    const good = group.add(() => void done.push(1));
    const bad = group.add(() => {
      throw new Error('no such column');
    });
    const after = group.add(() => void done.push(2));
    const outcomes = Promise.allSettled([good, bad, after]);
    pauses.shift()!();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(done).toEqual([1, 2]);
  });

  it('fails for all when the commit does, and the next has its turn', async () => {
    let broken = true;
    const { group, pauses } = shard(async (work) => {
      if (broken) throw new Error('disk full');
      work();
    });
    const outcomes = Promise.allSettled([group.add(() => undefined), group.add(() => undefined)]);
    pauses.shift()!();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    const next = group.add(() => undefined);
    pauses.shift()!();
    await expect(next).resolves.toBeUndefined();
  });
});
