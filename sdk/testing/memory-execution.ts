/** What the binding of an execution in memory offers. */

import type { ExecutionObject } from '../../src/execution/execution-object.ts';
import type { Replies, Request, Result } from '../common/service.ts';
import { answered, noBackups } from './memory-storage.ts';

export interface MemoryExecutionPorts {
  ask<T>(question: (object: ExecutionObject) => Promise<T>): Promise<T>;
  request(request: Request): Promise<Replies[keyof Replies]>;
  /** The engine is busy until it is settled. */
  keep(work: Promise<unknown>): void;
}

type Asked<M extends 'update' | 'updateWithStart' | 'query' | 'fork' | 'import' | 'pollUpdate' | 'history'> =
  Parameters<ExecutionObject[M]>[0];

export function memoryExecution({ ask, request, keep }: MemoryExecutionPorts) {
  const kept = <T>(work: Promise<T>): Promise<Result<T>> => {
    keep(work);
    return answered(work);
  };
  const stub = {
    request: (asked: Request) => kept(request(asked)),
    // These wait for others, as long polls do: what they set off is kept by the object.
    update: (asked: Asked<'update'>) => answered(ask((object) => object.update(asked))),
    updateWithStart: (asked: Asked<'updateWithStart'>) =>
      answered(ask((object) => object.updateWithStart(asked))),
    pollUpdate: (asked: Asked<'pollUpdate'>) => answered(ask((object) => object.pollUpdate(asked))),
    describe: ({ runId }: { runId?: string }) => answered(ask((object) => object.describe(runId))),
    history: (asked: Asked<'history'>) => answered(ask((object) => object.history(asked))),
    result: (asked: { runId?: string; waitMs: number; followRuns?: boolean }) =>
      answered(ask((object) => object.result(asked.runId, asked.waitMs, asked.followRuns))),
    unwrittenRow: () => answered(ask((object) => object.unwrittenRow())),
    poke: (runId?: string) => ask((object) => object.poke(runId)),
    query: (asked: Asked<'query'>) => kept(ask((object) => object.query(asked))),
    startAndWait: async (asked: Request, waitMs: number) => {
      const started = (await stub.request(asked)) as Result<Replies['StartWorkflowExecution']>;
      if ('error' in started) return started;
      const result = await stub.result({ runId: started.ok.runId, waitMs });
      return 'error' in result ? result : { ok: { ...started.ok, result: result.ok } };
    },
    fork: (asked: Asked<'fork'>) => kept(ask((object) => object.fork(asked))),
    import: (asked: Asked<'import'>) => kept(ask((object) => object.import(asked))),
    ...noBackups,
  };
  return stub;
}
