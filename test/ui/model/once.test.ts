import { describe, expect, it } from 'vitest';
import { once } from '../../../src/ui/once.ts';

const failing = (status: number) => Promise.reject(Object.assign(new Error('no'), { status }));

describe('a request that is sent again', () => {
  it('has the id of the one whose answer was lost, and counts once', async () => {
    const ids: string[] = [];
    const what = { signal: 'approve', args: [1] };
    for (const status of [0, 503])
      await expect(once(what, (id) => failing(ids.push(id) && status))).rejects.toThrow('no');
    await once({ args: [2] }, async (id) => ids.push(id));
    await once({ signal: 'approve', args: [1] }, async (id) => ids.push(id));
    expect(ids[1]).toBe(ids[0]);
    expect(ids[3]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('is another one once the engine has answered, be it with a refusal', async () => {
    const ids: string[] = [];
    await expect(once('cancel', (id) => failing(ids.push(id) && 409))).rejects.toThrow('no');
    await once('cancel', async (id) => ids.push(id));
    await once('cancel', async (id) => ids.push(id));
    expect(new Set(ids).size).toBe(3);
  });
});
