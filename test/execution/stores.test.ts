import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstSeq } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import { SqlStore } from '../../src/execution/sql-store.ts';
import type { Commit, ExecutionStore } from '../../src/execution/store.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const CLOCK_OFFSET = 1_000;

function sqlStore(storage = new SqliteStorage()): SqlStore {
  return new SqlStore(storage as unknown as DurableObjectStorage, CLOCK_OFFSET);
}

const makers: Array<[string, () => ExecutionStore]> = [
  ['MemoryStore', () => new MemoryStore()],
  ['SqlStore', () => sqlStore()],
];
const row = (seq: number) => ({ seq, data: `row ${seq}` });

/** Everything a store can be asked. */
function contents(store: ExecutionStore) {
  const all = [...store.rows(0, Number.MAX_SAFE_INTEGER)].map(({ seq, data }) => ({ seq, data }));
  const snapshot = store.snapshot();
  return {
    all,
    last: store.lastSeq(),
    lastOfRuns: [0, 1, 2, 3].map((run) => store.lastSeq(run)),
    ranges: [0, 1, 2].map((run) => [...store.rows(firstSeq(run) + 1, firstSeq(run + 1))].length),
    snapshot: snapshot && { seq: snapshot.seq, data: snapshot.data },
    progress: store
      .progress()
      .map(({ scheduledEventId, data }) => ({ scheduledEventId, data }))
      .sort((a, b) => a.scheduledEventId - b.scheduledEventId),
  };
}

it('a transaction that was carried out and reported as failed leaves nothing behind that is out of date', () => {
  const storage = new SqliteStorage();
  const store = sqlStore(storage);
  store.commit({ rows: [row(0)], progress: [] });
  expect(store.lastSeq()).toBe(0);
  const transactionSync = storage.transactionSync.bind(storage);
  storage.transactionSync = <T>(work: () => T): T => {
    transactionSync(work);
    throw new Error('the disk says no');
  };
  expect(() => store.commit({ rows: [row(1), row(2)], progress: [] })).toThrow('the disk says no');
  expect(store.lastSeq()).toBe(2);
});

describe.each(makers)('%s', (_, make) => {
  it('has nothing before its first commit', () => {
    expect(contents(make())).toMatchObject({ all: [], last: undefined, snapshot: undefined, progress: [] });
  });

  it('gives back rows in order, by range and by run', () => {
    const store = make();
    store.commit({ rows: [row(0), row(1)], progress: [] });
    store.commit({ rows: [row(firstSeq(2)), row(firstSeq(2) + 1)], progress: [] });
    expect([...store.rows(1, firstSeq(2) + 1)].map(({ seq }) => seq)).toEqual([1, firstSeq(2)]);
    expect([0, 1, 2, undefined].map((run) => store.lastSeq(run))).toEqual([
      1,
      undefined,
      firstSeq(2) + 1,
      firstSeq(2) + 1,
    ]);
  });

  it('takes a late row of an older run and puts it at its place', () => {
    const store = make();
    store.commit({ rows: [row(0), row(firstSeq(1))], progress: [] });
    store.commit({ rows: [row(1)], progress: [] });
    expect([...store.rows(0, Number.MAX_SAFE_INTEGER)].map(({ seq }) => seq)).toEqual([0, 1, firstSeq(1)]);
  });

  it('overwrites progress and removes it with null', () => {
    const store = make();
    store.commit({ rows: [row(0)], progress: [{ scheduledEventId: 5, data: 'a' }] });
    store.commit({ rows: [], progress: [{ scheduledEventId: 5, data: 'b' }] });
    expect(contents(store).progress).toEqual([{ scheduledEventId: 5, data: 'b' }]);
    store.commit({ rows: [], progress: [{ scheduledEventId: 5, data: null }] });
    expect(contents(store).progress).toEqual([]);
  });

  it('keeps payloads by run and hash, whole, and those of a heartbeat as long as its row', () => {
    const store = make();
    // With characters of one to four bytes, longer than a row may be.
    const long = 'aé€😀'.repeat(500_000);
    const payload = (runNumber: number, sha256: string, data: string) => ({ runNumber, sha256, data });
    store.commit({
      rows: [row(0)],
      progress: [{ scheduledEventId: 5, data: 'a', payloads: [{ sha256: 'beat', data: 'first' }] }],
      payloads: [payload(1, 'one', long), payload(10, 'one', 'short')],
    });
    expect(store.payload(1, 'one') === long).toBe(true);
    expect([store.payload(10, 'one'), store.payload(1, 'two'), store.payload(2, 'one')]).toEqual([
      'short',
      undefined,
      undefined,
    ]);
    expect([1, 10, 0].map((run) => store.hasPayload(run, 'one'))).toEqual([true, true, false]);
    expect([store.payload(1, 'beat'), store.hasPayload(1, 'beat')]).toEqual(['first', false]);
    const progress = { scheduledEventId: 5, data: 'b', payloads: [{ sha256: 'next', data: 'second' }] };
    store.commit({ rows: [], progress: [progress, { scheduledEventId: 51, data: 'c' }] });
    expect([store.payload(1, 'beat'), store.payload(1, 'next')]).toEqual([undefined, 'second']);
    store.commit({ rows: [], progress: [{ scheduledEventId: 5, data: null }] });
    expect([store.payload(1, 'next'), store.payload(10, 'one')]).toEqual([undefined, 'short']);
  });

  it('stores no payload of a commit that fails', () => {
    const store = make();
    store.commit({ rows: [row(0)], progress: [] });
    const payloads = [{ runNumber: 0, sha256: 'one', data: 'text' }];
    expect(() => store.commit({ rows: [row(0)], progress: [], payloads })).toThrow();
    expect(store.payload(0, 'one')).toBeUndefined();
  });

  it('stores nothing of a commit that fails', () => {
    const store = make();
    store.commit({ rows: [row(0)], progress: [], snapshot: { seq: 0, data: 'old' } });
    const before = contents(store);
    const failing: Commit = {
      rows: [row(1), row(0)],
      progress: [{ scheduledEventId: 5, data: 'a' }],
      snapshot: { seq: 1, data: 'new' },
      alarm: 99,
    };
    expect(() => store.commit(failing)).toThrow();
    expect(contents(store)).toEqual(before);
  });
});

describe('the stores', () => {
  it('behave alike under any sequence of commits', () => {
    const seqs = fc
      .integer({ min: 0, max: 2 })
      .chain((run) => fc.integer({ min: 0, max: 3 }).map((n) => firstSeq(run) + n));
    const commits = fc.record(
      {
        rows: fc.uniqueArray(seqs, { maxLength: 3 }).map((list) => list.sort((a, b) => a - b).map(row)),
        progress: fc.array(
          fc.record({ scheduledEventId: fc.integer({ min: 1, max: 3 }), data: fc.option(fc.string()) }),
          { maxLength: 3 },
        ),
        snapshot: fc.record({ seq: fc.nat(9), data: fc.string() }),
      },
      { requiredKeys: ['rows', 'progress'] },
    );
    fc.assert(
      fc.property(fc.array(commits, { maxLength: 8 }), (sequence) => {
        const memory = new MemoryStore();
        const sql = sqlStore();
        // Tables come with the first row, as they do when a run starts.
        const first = { rows: [row(firstSeq(3))], progress: [] };
        for (const commit of [first, ...sequence]) {
          expect(outcome(() => sql.commit(commit))).toBe(outcome(() => memory.commit(commit)));
          expect(contents(sql)).toEqual(contents(memory));
        }
      }),
      { numRuns: 150 },
    );
  });
});

function outcome(work: () => void): 'stored' | 'refused' {
  try {
    work();
    return 'stored';
  } catch {
    return 'refused';
  }
}

describe('SqlStore', () => {
  it('makes no table by being asked', () => {
    const storage = new SqliteStorage();
    contents(sqlStore(storage));
    expect(storage.tables).toEqual([]);
  });

  it('finds the tables of an earlier life', () => {
    const storage = new SqliteStorage();
    sqlStore(storage).commit({ rows: [row(0)], progress: [] });
    expect(storage.tables).toEqual(['log']);
    const later = sqlStore(storage);
    expect(later.lastSeq()).toBe(0);
    expect([later.snapshot(), later.progress()]).toEqual([undefined, []]);
    const heartbeat = { scheduledEventId: 5, data: '{}' };
    later.commit({ rows: [row(1)], progress: [heartbeat], snapshot: { seq: 1, data: '{}' } });
    expect(storage.tables).toEqual(['log', 'progress', 'snapshot']);
    expect(sqlStore(storage).progress()).toEqual([heartbeat]);
  });

  it('makes its tables again when the commit that made them failed', () => {
    const storage = new SqliteStorage();
    const store = sqlStore(storage);
    expect(() => store.commit({ rows: [row(0), row(0)], progress: [] })).toThrow();
    expect(storage.tables).toEqual([]);
    store.commit({ rows: [row(0)], progress: [] });
    expect(store.lastSeq()).toBe(0);
  });

  it('keeps no text in a row that the platform would refuse, and gives all of them back', () => {
    const storage = new SqliteStorage();
    const store = sqlStore(storage);
    const long = (sign: string): string => sign.repeat(Math.ceil(1_400_001 / sign.length));
    const commit = (sign: string, seq: number): void =>
      store.commit({
        rows: [{ seq, data: long(sign) }, row(seq + 1)],
        progress: [{ scheduledEventId: 5, data: long(`p${sign}`) }],
        snapshot: { seq, data: long(`s${sign}`) },
      });
    // Three bytes, and pairs of UTF-16 units that no cut may part.
    commit('€', 0);
    commit('a😀', 2);
    const fresh = contents(sqlStore(storage));
    expect(fresh.all.map(({ data }) => data)).toEqual([long('€'), 'row 1', long('a😀'), 'row 3']);
    expect(fresh.snapshot?.data).toBe(long('sa😀'));
    expect(fresh.progress).toEqual([{ scheduledEventId: 5, data: long('pa😀') }]);
    expect(storage.longestText()).toBeLessThan(2_000_000);
    store.commit({
      rows: [],
      progress: [{ scheduledEventId: 5, data: null }],
      snapshot: { seq: 3, data: 's' },
    });
    expect(contents(sqlStore(storage))).toMatchObject({ snapshot: { data: 's' }, progress: [] });
    expect(storage.owners()).toEqual(['log/0', 'log/2']);
  });

  it('finds what was stored by a commit that was reported as failed', () => {
    const storage = new SqliteStorage();
    const store = sqlStore(storage);
    const transactionSync = storage.transactionSync.bind(storage);
    storage.transactionSync = (work) => {
      transactionSync(work);
      throw new Error('stored, but the answer was lost');
    };
    expect(() => store.commit({ rows: [row(0)], progress: [] })).toThrow();
    storage.transactionSync = transactionSync;
    expect(store.lastSeq()).toBe(0);
    store.commit({ rows: [row(1)], progress: [] });
    expect(store.lastSeq()).toBe(1);
  });

  it("arms the platform's alarm by the platform's clock, and only when asked to", () => {
    const storage = new SqliteStorage();
    const store = sqlStore(storage);
    store.commit({ rows: [row(0)], progress: [], alarm: 50_000 });
    store.commit({ rows: [row(1)], progress: [] });
    expect(storage.alarms).toEqual([50_000 - CLOCK_OFFSET]);
  });
});
