/** What an execution in memory answers to those who only read. */

import type { ExecutionObject } from '../../src/execution/execution-object.ts';
import { answered } from './memory-storage.ts';

type Ask = <T>(question: (object: ExecutionObject) => Promise<T>) => Promise<T>;
type Asked<K extends 'pollUpdate' | 'history'> = Parameters<ExecutionObject[K]>[0];

export function memoryReads(ask: Ask) {
  return {
    pollUpdate: (request: Asked<'pollUpdate'>) => answered(ask((object) => object.pollUpdate(request))),
    describe: ({ runId }: { runId?: string }) => answered(ask((object) => object.describe(runId))),
    history: (request: Asked<'history'>) => answered(ask((object) => object.history(request))),
    result: (request: { runId?: string; waitMs: number; followRuns?: boolean }) =>
      answered(ask((object) => object.result(request.runId, request.waitMs, request.followRuns))),
    unwrittenRow: () => answered(ask((object) => object.unwrittenRow())),
    poke: (runId?: string) => ask((object) => object.poke(runId)),
  };
}
