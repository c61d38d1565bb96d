import { expect, it } from 'vitest';
import type { VisibilityRecord } from '../../sdk/common/service.ts';
import { resumeBackup } from '../../src/backup/restore.ts';
import type { Env } from '../../src/env.ts';

const RUNS = 150;

/** An engine into which workflow ids were imported, each with many runs. */
function restored() {
  const listed = new Map<string, string[]>();
  const atOnce = { now: 0, most: 0 };
  const execution = (name: string) => {
    const workflowId = (JSON.parse(name) as [string, string])[1];
    return {
      resume: async () => {
        const runIds = Array.from({ length: RUNS }, (_, n) => `${workflowId}-${n}`);
        return { ok: { runIds, open: false, children: [] } };
      },
      poke: async (runId: string) => {
        atOnce.most = Math.max(atOnce.most, ++atOnce.now);
        await new Promise((resolve) => setImmediate(resolve));
        return { namespace: 'default', info: { execution: { workflowId, runId } } };
      },
    };
  };
  const shard = (name: string) => ({
    upsert: async (rows: VisibilityRecord[]) => {
      await new Promise((resolve) => setImmediate(resolve));
      atOnce.now -= rows.length;
      listed.set(name, [...(listed.get(name) ?? []), ...rows.map(({ info }) => info.execution.runId!)]);
    },
  });
  const env = {
    VISIBILITY_SHARDS: '2',
    WORKFLOW_EXECUTION: { getByName: execution },
    VISIBILITY: { getByName: shard },
  } as unknown as Env;
  return { env, listed, atOnce };
}

it('a restore lists all runs of many workflow ids, and has no more rows in memory than those of one page', async () => {
  const { env, listed, atOnce } = restored();
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  await resumeBackup(
    env,
    ids.map((id) => ({ kind: 'workflow', namespace: 'default', id })),
  );
  const wanted = ids.flatMap((id) => Array.from({ length: RUNS }, (_, n) => `${id}-${n}`));
  expect([...listed.values()].flat().sort()).toEqual(wanted.sort());
  expect([...listed.keys()].sort()).toEqual(['["default",0]', '["default",1]']);
  expect(atOnce.most).toBe(100);
});
