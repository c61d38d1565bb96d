/** Engines that want credentials, and who has some. */

import { ApiKeys } from '../../src/auth/api-keys.ts';
import type { Env } from '../../src/env.ts';
import { type Answer, makeEngine } from '../api/engine.ts';
import { memorySql } from '../visibility/sqlite.ts';

export const ADMIN_KEY = 'a'.repeat(64);
export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

/** An engine as it is deployed, with real API keys behind its system object. */
export function guarded(
  answers: Record<string, Answer> = {},
  vars: Partial<Env> = {},
  ports: Parameters<typeof makeEngine>[2] = {},
) {
  const clock = { now: Date.now() };
  const sql = memorySql();
  const keys = new ApiKeys(sql, () => clock.now);
  const engine = makeEngine(
    { findApiKey: (id: string) => keys.find(id), ...answers },
    { PERDURE_DEV: '', PERDURE_ADMIN_KEY: ADMIN_KEY, NAMESPACES: 'default,shop', ...vars },
    ports,
  );
  const keyWith = async (...permissions: string[]): Promise<string> =>
    (await keys.create({ name: 'test', permissions, createdBy: 'test' })).key;
  /** What was asked of objects, except for the key itself. */
  const touched = () =>
    engine.asked.filter(({ method }) => !['findApiKey', 'engineSecrets'].includes(method));
  return { ...engine, clock, sql, keys, keyWith, touched };
}
