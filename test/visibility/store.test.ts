import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseListQuery } from '../../src/visibility/list-filter.ts';
import type { ListPosition } from '../../src/visibility/position.ts';
import { VisibilityStore } from '../../src/visibility/store.ts';
import { makeRecord } from './records.ts';
import { memorySql } from './sqlite.ts';

const everything = parseListQuery('', {});

describe('the visibility store', () => {
  it('keeps the newest version whatever order versions arrive in', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(arrivals, (versions) => {
        const store = new VisibilityStore(memorySql());
        let newest = 0;
        for (const version of versions) {
          const written = store.upsert(makeRecord({ version, type: `v${version}` }), 0);
          expect(written).toBe(version > newest);
          newest = Math.max(newest, version);
        }
        const { rows } = store.page(everything, 10, undefined);
        expect(rows.map((row) => row.info.type.name)).toEqual([`v${newest}`]);
      }),
    );
  });

  it('lists a run whose search attributes cannot be read, as one that was written elsewhere may have them', () => {
    const store = new VisibilityStore(memorySql());
    const record = makeRecord({ searchAttributes: { City: 'Oslo' } });
    const odd = [{ data: 'no base64 at all' }, { metadata: {}, data: btoa('{') }, 5, null, 'text'];
    const indexedFields = { ...record.info.searchAttributes!.indexedFields };
    for (const [i, payload] of odd.entries()) Object.assign(indexedFields, { [`Odd${i}`]: payload });
    record.info.searchAttributes = { indexedFields };
    expect(store.upsert(record, 0)).toBe(true);
    const byCity = parseListQuery("City = 'Oslo'", { City: 'KEYWORD' });
    expect(store.page(byCity, 10, undefined).rows).toHaveLength(1);
  });

  it('adds up the tasks that wait on a task queue, as the newest rows of open runs say', () => {
    const store = new VisibilityStore(memorySql());
    type Waits = [string, 'activity', number, number];
    const put = (workflowId: string, sequence: number, ...backlog: Waits[]) => {
      const details = { sequence, waitingOn: [], pendingActivityAttempts: 0 };
      const waits = backlog.length > 0 && { backlog };
      store.upsert(makeRecord({ workflowId, details: { ...details, ...waits } }), 0);
    };
    expect(store.backlog('activity', 'a')).toEqual({ count: 0 });
    put('w', 1, ['a', 'activity', 3, 50], ['b', 'activity', 1, 60]);
    put('v', 1, ['a', 'activity', 1, 20]);
    expect(store.backlog('activity', 'a')).toEqual({ count: 4, since: 20 });
    expect(store.backlog('workflow', 'a')).toEqual({ count: 0 });
    put('w', 2, ['a', 'activity', 2, 50]);
    put('w', 1, ['a', 'activity', 9, 1]);
    expect(store.backlog('activity', 'a')).toEqual({ count: 3, since: 20 });
    expect(store.backlog('activity', 'b')).toEqual({ count: 0 });
    store.upsert(makeRecord({ workflowId: 'v', version: 2, status: 'COMPLETED' }), 0);
    expect(store.backlog('activity', 'a')).toEqual({ count: 2, since: 50 });
    store.forget({ workflowId: 'w', runId: 'r' }, 1);
    expect(store.backlog('activity', 'a')).toEqual({ count: 0 });
  });

  it('takes no row of a run that was deleted, however late it comes, until nobody can send one any more', () => {
    const store = new VisibilityStore(memorySql());
    const run = makeRecord({ workflowId: 'w', runId: 'gone' });
    const count = () => store.count(everything).count;
    store.forget({ workflowId: 'w', runId: 'never seen' }, 0);
    store.upsert(run, 0);
    store.upsert(makeRecord({ workflowId: 'w', runId: 'stays' }), 0);
    store.forget({ workflowId: 'w', runId: 'gone' }, 0);
    expect([count(), store.upsert({ ...run, version: 9 }, 0), count()]).toEqual([1, false, 1]);
    store.pruneDeleted(23 * 3_600_000);
    expect(store.upsert(run, 0)).toBe(false);
    store.pruneDeleted(25 * 3_600_000);
    expect(store.upsert(run, 0)).toBe(true);
  });

  it('keeps the newest details of a version, and no details of an older one', () => {
    const store = new VisibilityStore(memorySql());
    const row = (version: number, sequence: number, waitingOn: string[]) =>
      store.upsert(makeRecord({ version, details: { sequence, waitingOn, pendingActivityAttempts: 0 } }), 0);
    const waiting = (what: string) => store.count(parseListQuery(`WaitingOn = '${what}'`, {})).count;
    expect([row(1, 5, ['timer']), row(1, 4, ['activity']), waiting('timer')]).toEqual([true, false, 1]);
    expect([row(1, 6, ['activity']), waiting('timer'), waiting('activity')]).toEqual([true, 0, 1]);
    expect([row(2, 6, ['child']), row(1, 9, ['timer']), waiting('child')]).toEqual([true, false, 1]);
  });

  it('lists how an open run fares, and of a closed one what it failed with', () => {
    const store = new VisibilityStore(memorySql());
    const details = {
      sequence: 1,
      waitingOn: ['workflowTask'],
      pendingActivityAttempts: 0,
      problems: ['category=WorkflowTaskNotTaken'],
      problemReason: 'no Worker',
    };
    const { sequence: _, ...progress } = details;
    store.upsert(makeRecord({ version: 1, details }), 0);
    const listed = () => store.page(everything, 10, undefined).rows[0]!.info.progress;
    const stuck = parseListQuery('TemporalReportedProblems IS NOT NULL', {});
    expect([listed(), store.count(stuck).count]).toEqual([progress, 1]);
    store.upsert(makeRecord({ version: 2, details, status: 'COMPLETED' }), 0);
    expect(listed()).toBeUndefined();
    const end = { sequence: 2, waitingOn: [], pendingActivityAttempts: 0, lastFailure: 'no card' };
    store.upsert(makeRecord({ version: 3, details: end, status: 'FAILED' }), 0);
    expect(listed()).toMatchObject({ waitingOn: [], lastFailure: 'no card' });
    expect(store.count(parseListQuery("LastFailure = 'card'", {})).count).toBe(1);
  });

  it('executes nothing but a look at the schema when a shard that was never written is read', () => {
    const sql = memorySql();
    const store = new VisibilityStore(sql);
    expect(store.page(everything, 10, undefined)).toEqual({ rows: [], more: false });
    expect(store.count(everything)).toEqual({ count: 0, groups: [] });
    expect(store.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    expect(store.nextCheck()).toBeUndefined();
    expect(new Set(sql.statements)).toEqual(new Set(['SELECT 1']));
  });

  it('makes no table again when it is opened over one that exists', () => {
    const sql = memorySql();
    new VisibilityStore(sql).upsert(makeRecord(), 0);
    sql.statements.length = 0;
    new VisibilityStore(sql).upsert(makeRecord({ version: 2 }), 0);
    expect(sql.statements.filter((s) => s.startsWith('CREATE'))).toEqual([]);
  });

  it('pages open runs first, then by newest close and start, without a gap or a repeat', () => {
    const fields = fc.record({
      workflowId: fc.constantFrom('a', 'b', '\u{1F600}', '\uFF21'),
      runId: fc.uuid(),
      startTime: fc.integer({ min: 0, max: 3 }),
      status: fc.constantFrom('RUNNING', 'COMPLETED'),
    });
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 20 }), fc.integer({ min: 1, max: 7 }), (rows, size) => {
        const store = new VisibilityStore(memorySql());
        for (const row of rows) store.upsert(makeRecord(row), 0);
        const all = store.page(everything, 100, undefined).rows.map((row) => row.info.execution.runId);
        const paged: string[] = [];
        for (let after: ListPosition | undefined, more = true; more; ) {
          const page = store.page(everything, size, after);
          paged.push(...page.rows.map((row) => row.info.execution.runId));
          after = page.rows.at(-1)?.position;
          more = page.more;
        }
        expect(paged).toEqual(all);
        expect(all.length).toBe(rows.length);
      }),
    );
  });

  it('ends a page early rather than let it grow beyond what an answer may carry', () => {
    const store = new VisibilityStore(memorySql());
    for (let i = 0; i < 20; i++) store.upsert(makeRecord({ runId: `r${i}`, memo: 'x'.repeat(400_000) }), 0);
    const page = store.page(everything, 100, undefined);
    expect(page.rows.length).toBeGreaterThan(5);
    expect(page.rows.length).toBeLessThan(12);
    expect(page.more).toBe(true);
  });

  it('leaves a memo out of a row that would come near the bound of a row', () => {
    const store = new VisibilityStore(memorySql());
    store.upsert(makeRecord({ memo: 'x'.repeat(600_000) }), 0);
    const [row] = store.page(everything, 1, undefined).rows;
    expect(row!.info.memo).toBeUndefined();
    expect(row!.info.type.name).toBe('transfer');
  });

  it('counts only open rows as due, the most overdue first', () => {
    const store = new VisibilityStore(memorySql());
    store.upsert(makeRecord({ runId: 'late' }), 20);
    store.upsert(makeRecord({ runId: 'later' }), 10);
    store.upsert(makeRecord({ runId: 'closed', status: 'COMPLETED' }), 5);
    store.upsert(makeRecord({ runId: 'not yet' }), 30);
    expect(store.due(20, 10).map((row) => row.runId)).toEqual(['later', 'late']);
    expect(store.nextCheck()).toBe(10);
  });

  it('finds children by their parent, and a whole family by its root, the root itself included', () => {
    const store = new VisibilityStore(memorySql());
    const root = { workflowId: 'root', runId: 'r0' };
    const child = { workflowId: 'child', runId: 'r1' };
    store.upsert(makeRecord(root), 0);
    store.upsert(makeRecord({ ...child, parentExecution: root, rootExecution: root }), 0);
    const grandchild = { workflowId: 'grandchild', runId: 'r2' };
    store.upsert(makeRecord({ ...grandchild, parentExecution: child, rootExecution: root }), 0);
    store.upsert(makeRecord({ workflowId: 'stranger', runId: 'r3' }), 0);
    const found = (query: string) =>
      store.page(parseListQuery(query, {}), 10, undefined).rows.map((row) => row.info.execution.workflowId);
    expect(found("ParentWorkflowId = 'root' AND ParentRunId = 'r0'")).toEqual(['child']);
    expect(found("RootWorkflowId = 'root' AND RootRunId = 'r0'")).toEqual(['child', 'grandchild', 'root']);
    expect(found("ParentWorkflowId = 'stranger'")).toEqual([]);
  });
});
