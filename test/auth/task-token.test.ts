import { beforeEach, describe, expect, it } from 'vitest';
import { encodeTaskToken } from '../../sdk/common/ids.ts';
import { EngineSecrets, SIGNING_OVERLAP_MS, TOKEN_OVERLAP_MS } from '../../src/auth/engine-secrets.ts';
import { forgetEngineKeys } from '../../src/auth/key-ring.ts';
import { openTaskToken, sealTaskToken } from '../../src/auth/task-token.ts';
import type { Env } from '../../src/env.ts';
import { ENGINE_SECRET, NS } from '../api/engine.ts';
import { memorySql } from '../visibility/sqlite.ts';
import { ADMIN_KEY, bearer, guarded } from './support.ts';

const system = { engineSecrets: async () => [ENGINE_SECRET] };
const env = { NAMESPACE: { getByName: () => system } } as unknown as Env;
const task = { namespace: 'default', workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt: 2 };
const seal = (ref = task, expires = 0) => sealTaskToken(env, encodeTaskToken(ref), expires);

beforeEach(forgetEngineKeys);

describe('SEC-T1 (CVE-2023-3485): a task token', () => {
  it('is opened as what it was sealed to, and says nothing to who has it', async () => {
    const token = await seal();
    expect(await openTaskToken(env, token, 'default')).toEqual(task);
    expect(Buffer.from(token, 'base64').toString('latin1')).not.toContain('default');
    expect(await seal()).not.toBe(token);
  });

  it('is refused with any byte changed, cut or added, before any object is asked', async () => {
    const engine = guarded();
    const bytes = Buffer.from(await seal(), 'base64');
    const forged = [...bytes.keys()].map((i) => {
      const changed = Buffer.from(bytes);
      changed[i] = changed[i]! ^ 1;
      return changed;
    });
    forged.push(
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.from([0])]),
      Buffer.alloc(0),
      Buffer.from([2]),
    );
    for (const one of forged) {
      const taskToken = one.toString('base64') || '=';
      const { status } = await engine.post(`${NS}/activity-complete`, { taskToken }, bearer(ADMIN_KEY));
      expect(status).toBe(403);
    }
    expect(engine.touched()).toEqual([]);
  });

  it('is refused when somebody makes it: for another namespace, run, activity or attempt, in the clear or by another key', async () => {
    const engine = guarded();
    const own = encodeTaskToken(task);
    const others = [
      own,
      encodeTaskToken({ ...task, namespace: 'shop' }),
      await seal({ ...task, namespace: 'shop' }),
      await sealTaskToken({ PERDURE_ENGINE_SECRET: 'the secret of quite another engine' } as Env, own, 0),
    ];
    for (const verb of ['complete', 'fail', 'heartbeat', 'resolve-as-canceled'])
      for (const taskToken of others) {
        const body = { taskToken, ...(verb === 'fail' && { failure: { message: 'm' } }) };
        const reply = await engine.post(`${NS}/activity-${verb}`, body, bearer(ADMIN_KEY));
        expect([verb, reply.status]).toEqual([verb, 403]);
      }
    expect(engine.touched()).toEqual([]);
  });

  it('is of no use long after its attempt: the same answer as for one that is over', async () => {
    const engine = guarded();
    const taskToken = await seal(task, Date.now() - 1);
    const { status, body } = await engine.post(`${NS}/activity-complete`, { taskToken }, bearer(ADMIN_KEY));
    expect([status, body.code]).toEqual([404, 5]);
    expect(engine.touched()).toEqual([]);
  });
});

describe('the secrets of an engine', () => {
  it('are made when they are needed, and kept', () => {
    const sql = memorySql();
    const [first] = new EngineSecrets(sql, () => 0).list();
    expect(Buffer.from(first!.secret, 'base64').length).toBe(32);
    expect(new EngineSecrets(sql, () => 9).list()).toEqual([first]);
  });

  it('are replaced with an overlap: what the old one sealed counts for a month', async () => {
    const clock = { now: 0 };
    const secrets = new EngineSecrets(memorySql(), () => clock.now);
    const stored = {
      NAMESPACE: { getByName: () => ({ engineSecrets: async () => secrets.list() }) },
    } as unknown as Env;
    const token = await sealTaskToken(stored, encodeTaskToken(task), 0);
    secrets.rotate();
    forgetEngineKeys();
    const later = await sealTaskToken(stored, encodeTaskToken(task), 0);
    expect(await openTaskToken(stored, token, 'default')).toEqual(task);
    expect(await openTaskToken(stored, later, 'default')).toEqual(task);
    clock.now = TOKEN_OVERLAP_MS + 1;
    expect(secrets.rotate().length).toBe(2);
    forgetEngineKeys();
    await expect(openTaskToken(stored, token, 'default')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    expect(await openTaskToken(stored, later, 'default')).toEqual(task);
    expect(SIGNING_OVERLAP_MS).toBeLessThan(TOKEN_OVERLAP_MS);
  });

  it('of the engine’s object are asked for again when a token names one that is not known', async () => {
    const secrets = new EngineSecrets(memorySql(), () => 0);
    let asked = 0;
    const engineSecrets = async () => {
      asked++;
      return secrets.list();
    };
    const stored = { NAMESPACE: { getByName: () => ({ engineSecrets }) } } as unknown as Env;
    for (let i = 0; i < 3; i++) await sealTaskToken(stored, encodeTaskToken(task), 0);
    expect(asked).toBe(1);
  });

  it('come from the Worker secret where there is one: the first seals, all open', async () => {
    const [old, fresh] = ['o'.repeat(32), 'f'.repeat(32)];
    const token = await sealTaskToken({ PERDURE_ENGINE_SECRET: old } as Env, encodeTaskToken(task), 0);
    const both = { PERDURE_ENGINE_SECRET: `${fresh}, ${old}` } as Env;
    expect(await openTaskToken(both, token, 'default')).toEqual(task);
    const only = { PERDURE_ENGINE_SECRET: fresh } as Env;
    await expect(openTaskToken(only, token, 'default')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});
