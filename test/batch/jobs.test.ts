import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StartBatchOperationRequest } from '../../sdk/common/batch.ts';
import { invalidArgument, ServiceError } from '../../sdk/common/errors.ts';
import { BatchJobs, type BatchPorts } from '../../src/batch/jobs.ts';
import { BatchStore, type Target } from '../../src/batch/store.ts';

/** A database whose transactions are real, so that a crash inside one takes all of it back. */
function database() {
  const db = new DatabaseSync(':memory:');
  const sql = {
    exec: (query: string, ...bindings: unknown[]) =>
      db.prepare(query).all(...(bindings as SQLInputValue[])) as Array<Record<string, unknown>>,
  };
  const transaction = (work: () => void): void => {
    db.exec('BEGIN');
    try {
      work();
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  };
  return new BatchStore(sql, transaction);
}

const runs = (count: number): Target[] =>
  Array.from({ length: count }, (_, i) => ({ workflowId: `w${i}`, runId: `r${i}` }));

function jobsOver(targets: Target[], change: Partial<BatchPorts> = {}, pageSize = 3) {
  const performed: string[] = [];
  const ports: BatchPorts = {
    list: async (query, token = '0') => {
      if (query === 'nonsense') throw invalidArgument('query, column 1');
      const from = Number(token);
      const more = from + pageSize < targets.length;
      return {
        targets: targets.slice(from, from + pageSize),
        ...(more && { nextPageToken: String(from + pageSize) }),
      };
    },
    newestRun: async (workflowId) => `newest of ${workflowId}`,
    perform: async (_, { workflowId }, requestId) => {
      performed.push(`${workflowId} ${requestId}`);
    },
    wake: () => undefined,
    now: () => 1_000,
    ...change,
  };
  const store = database();
  return { jobs: new BatchJobs(store, ports), store, ports, performed };
}

const request = (more: Partial<StartBatchOperationRequest> = {}): StartBatchOperationRequest => ({
  namespace: 'default',
  jobId: 'j',
  visibilityQuery: 'all',
  reason: 'enough',
  signalOperation: { signal: 'go', identity: 'me' },
  ...more,
});

async function finish(jobs: BatchJobs): Promise<void> {
  for (let i = 0; !jobs.idle; i++) {
    if (i > 1_000) throw new Error('the job does not end');
    await jobs.work();
  }
}
const counts = (jobs: BatchJobs) => {
  const { state, totalOperationCount, completeOperationCount, failureOperationCount } = jobs.describe('j');
  return [state.slice(22), totalOperationCount, completeOperationCount, failureOperationCount];
};

describe('a batch job', () => {
  it('does its operation once to each run that matched when it began, and counts them', async () => {
    const { jobs, performed } = jobsOver(runs(8));
    await jobs.start(request());
    expect(counts(jobs)).toEqual(['RUNNING', '0', '0', '0']);
    await finish(jobs);
    expect(performed.toSorted()).toEqual(
      runs(8).map(({ workflowId, runId }) => `${workflowId} batch/j/${runId}`),
    );
    expect(jobs.describe('j')).toEqual({
      jobId: 'j',
      state: 'BATCH_OPERATION_STATE_COMPLETED',
      operationType: 'BATCH_OPERATION_TYPE_SIGNAL',
      startTime: '1970-01-01T00:00:01.000Z',
      closeTime: '1970-01-01T00:00:01.000Z',
      totalOperationCount: '8',
      completeOperationCount: '8',
      failureOperationCount: '0',
      identity: 'me',
      reason: 'enough',
      failures: [],
    });
  });

  it('takes no room for what was asked when it is over, and knows the same request again all the same', async () => {
    const { jobs, store, performed } = jobsOver([]);
    const data = 'A'.repeat(1_000_000);
    const asked = request({
      executions: runs(1_000),
      signalOperation: { signal: 'go', input: { payloads: [{ data }] }, identity: 'me' },
    });
    delete asked.visibilityQuery;
    await jobs.start(asked);
    await finish(jobs);
    // A namespace keeps a thousand, and a page of them, or a backup of all, is one message.
    expect(JSON.stringify(store.job('j')).length).toBeLessThan(1_000);
    const done = performed.length;
    await jobs.start(structuredClone(asked));
    await finish(jobs);
    expect(performed).toHaveLength(done);
    await expect(jobs.start({ ...asked, reason: 'more' })).rejects.toThrow('Batch job j already exists.');
    expect(jobs.describe('j')).toMatchObject({
      operationType: 'BATCH_OPERATION_TYPE_SIGNAL',
      identity: 'me',
      reason: 'enough',
    });
  });

  it('comes to the same counts whatever it crashes in, and carries nothing out under two request ids', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.constantFrom('fine', 'dies before', 'dies after', 'is lost'), { maxLength: 30 }),
        async (count, faults) => {
          const fates = [...faults];
          const ids = new Map<string, Set<string>>();
          let dead = false;
          const die = () => {
            dead = true;
            throw new Error('the object died');
          };
          const { store, ports } = jobsOver(runs(count), {
            perform: async (_, { workflowId }, requestId) => {
              const fate = fates.shift() ?? 'fine';
              if (fate === 'dies before') die();
              ids.set(workflowId, (ids.get(workflowId) ?? new Set()).add(requestId));
              if (fate === 'dies after') die();
              if (fate === 'is lost') throw new ServiceError('UNAVAILABLE', 'lost');
            },
          });
          // What is dead writes nothing any more.
          const transaction = store.transaction.bind(store);
          store.transaction = (work) => (dead ? undefined : transaction(work));
          await new BatchJobs(store, ports).start(request());
          for (let lives = 0; lives < 200; lives++) {
            dead = false;
            const jobs = new BatchJobs(store, ports);
            if (jobs.idle) break;
            await jobs.work();
          }
          const [state, total, completed, failed] = counts(new BatchJobs(store, ports));
          expect([state, total]).toEqual(['COMPLETED', String(count)]);
          expect(Number(completed) + Number(failed)).toBe(count);
          expect(ids.size).toBeGreaterThanOrEqual(Number(completed));
          for (const used of ids.values()) expect(used.size).toBe(1);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('does no more in a second than its rate', async () => {
    const { jobs, performed } = jobsOver(runs(5), {}, 100);
    await jobs.start(request({ maxOperationsPerSecond: 2 }));
    await jobs.work();
    expect(performed).toHaveLength(2);
    await jobs.work();
    expect(performed).toHaveLength(4);
  });

  it('counts what a run refuses as failed, says why, and tries what passes again', async () => {
    let lost = 0;
    const { jobs } = jobsOver(runs(3), {
      perform: async (_, { workflowId }) => {
        if (workflowId === 'w0') throw new ServiceError('NOT_FOUND', 'workflow execution already completed');
        if (workflowId === 'w1' && lost++ < 3) throw new ServiceError('UNAVAILABLE', 'lost');
      },
    });
    await jobs.start(request());
    await finish(jobs);
    expect(counts(jobs)).toEqual(['COMPLETED', '3', '2', '1']);
    const execution = { workflowId: 'w0', runId: 'r0' };
    expect(jobs.describe('j').failures).toEqual([
      { execution, message: 'workflow execution already completed' },
    ]);
  });

  it('that ends runs takes one that is closed already as done', async () => {
    const perform = async () => {
      throw new ServiceError('NOT_FOUND', 'workflow execution already completed');
    };
    const { jobs } = jobsOver([], { perform });
    const { signalOperation: _1, visibilityQuery: _2, ...rest } = request();
    await jobs.start({
      ...rest,
      executions: [{ workflowId: 'w' }, { workflowId: 'w' }],
      terminationOperation: {},
    });
    await finish(jobs);
    expect(counts(jobs)).toEqual(['COMPLETED', '1', '1', '0']);
  });

  it('deletes the run that was the newest when it came to it, though the object dies behind the deletion', async () => {
    const existing = ['r1', 'r2'];
    let alive = true;
    const { store, ports } = jobsOver([], {
      newestRun: async () => existing.at(-1)!,
      perform: async (_, { runId }) => {
        const at = existing.indexOf(runId);
        if (at < 0) throw new ServiceError('NOT_FOUND', 'workflow not found');
        existing.splice(at, 1);
        if (!alive) return;
        alive = false;
        store.transaction = () => undefined;
      },
    });
    const transaction = store.transaction.bind(store);
    const { signalOperation: _1, visibilityQuery: _2, ...rest } = request();
    const executions = [{ workflowId: 'w' }, { workflowId: 'w', runId: 'r2' }, { workflowId: 'w' }];
    await new BatchJobs(store, ports).start({ ...rest, executions, deletionOperation: {} });
    await new BatchJobs(store, ports).work();
    store.transaction = transaction;
    await finish(new BatchJobs(store, ports));
    expect(existing).toEqual(['r1']);
    expect(counts(new BatchJobs(store, ports))).toEqual(['COMPLETED', '1', '1', '0']);
  });

  it('can be stopped; what it has done stays done', async () => {
    const { jobs, performed } = jobsOver(runs(5), {}, 100);
    await jobs.start(request({ maxOperationsPerSecond: 2 }));
    await jobs.work();
    jobs.stop('j', 'a mistake');
    await jobs.work();
    expect(performed).toHaveLength(2);
    expect(counts(jobs)).toEqual(['FAILED', '5', '2', '0']);
    expect(jobs.describe('j').closeReason).toBe('a mistake');
    expect(() => jobs.stop('j', '')).toThrow('not running');
  });

  it('is started once by the same request; another of its id is refused', async () => {
    const { jobs } = jobsOver(runs(2));
    await jobs.start(request());
    await jobs.start(request());
    await expect(jobs.start(request({ reason: 'other' }))).rejects.toThrow('already exists');
    expect(jobs.list(10).operationInfo).toHaveLength(1);
  });

  it.each([
    [{ visibilityQuery: 'nonsense' }, 'query, column 1'],
    [{ executions: [{ workflowId: 'w' }] }, 'Either visibilityQuery or executions'],
    [{ visibilityQuery: '' }, 'Either visibilityQuery or executions'],
    [{ terminationOperation: {} }, 'Exactly one operation must be set'],
  ])('is refused with %j', async (more, message) => {
    const { jobs } = jobsOver(runs(1));
    await expect(jobs.start(request(more))).rejects.toThrow(message);
    expect(jobs.list(10).operationInfo).toEqual([]);
  });

  it('stays within a row of the platform, however much it was given and however long what failed is', async () => {
    const targets = Array.from({ length: 150 }, (_, i) => ({
      workflowId: `${i}`.padEnd(1_000, '語'),
      runId: '',
    }));
    const { jobs, store } = jobsOver([], {
      perform: async (_, { workflowId }) => {
        throw new ServiceError('NOT_FOUND', `workflow not found for ID: "${workflowId}"`);
      },
    });
    const input = { payloads: [{ metadata: {}, data: 'A'.repeat(1_000_000) }] };
    const { visibilityQuery: _, ...given } = request({ executions: targets });
    await jobs.start({ ...given, signalOperation: { signal: 'go', identity: 'me', input } });
    await finish(jobs);
    expect(counts(jobs)).toEqual(['COMPLETED', '150', '0', '150']);
    expect(jobs.describe('j').failures.length).toBeGreaterThan(10);
    // 2 MB: https://developers.cloudflare.com/durable-objects/platform/limits/
    expect(Buffer.byteLength(JSON.stringify(store.job('j')))).toBeLessThan(2_000_000);
  });

  it('is woken when it is asked for again, where the first time it was stored and its alarm failed', async () => {
    let woken = 0;
    const wake = (): void => {
      if (++woken === 1) throw new Error('no alarm');
    };
    const { jobs } = jobsOver(runs(2), { wake });
    await expect(jobs.start(request())).rejects.toThrow('no alarm');
    expect(counts(jobs)).toEqual(['RUNNING', '0', '0', '0']);
    await jobs.start(request());
    expect(woken).toBe(2);
    await finish(jobs);
    await jobs.start(request());
    expect(woken).toBe(2);
  });

  it('runs beside nine others, not more', async () => {
    const { jobs } = jobsOver(runs(1));
    for (let i = 0; i < 10; i++) await jobs.start(request({ jobId: `j${i}` }));
    await expect(jobs.start(request())).rejects.toThrow('At most 10');
    await finish(jobs);
    await jobs.start(request());
    const first = jobs.list(6);
    const second = jobs.list(6, first.nextPageToken);
    const ids = [...first.operationInfo, ...second.operationInfo].map(({ jobId }) => jobId);
    expect(new Set(ids).size).toBe(11);
    expect(second.nextPageToken).toBeUndefined();
  });

  it('that cannot look its runs up holds up no other', async () => {
    const targets = runs(2);
    let broken = false;
    const { jobs, performed } = jobsOver(targets, {
      list: async (query) => {
        if (query === 'broken' && broken) throw new Error('the shard is broken');
        return { targets };
      },
    });
    await jobs.start(request({ jobId: 'a', visibilityQuery: 'broken' }));
    await jobs.start(request({ jobId: 'b' }));
    broken = true;
    await expect(jobs.work()).rejects.toThrow('the shard is broken');
    expect(performed).toHaveLength(2);
    expect(jobs.describe('b').state).toBe('BATCH_OPERATION_STATE_COMPLETED');
  });

  it('may be stopped twice by the same request, whose first answer was lost', async () => {
    const { jobs } = jobsOver(runs(2));
    await jobs.start(request());
    jobs.stop('j', 'enough');
    expect(() => jobs.stop('j', 'enough')).not.toThrow();
    expect(() => jobs.stop('j', 'another')).toThrow('is not running');
  });

  it('wakes its object with its commit, and is refused where a row could not hold it', async () => {
    let woken = 0;
    const { jobs } = jobsOver(runs(2), { wake: () => void woken++ });
    const input = { payloads: [{ data: 'x'.repeat(1_600_000) }] };
    const signalOperation = { signal: 'go', input, identity: 'me' };
    await expect(jobs.start(request({ signalOperation }))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(woken).toBe(0);
    await jobs.start(request());
    expect(woken).toBe(1);
  });
});
