/** A row that changed on the disk: its run is refused by name, others go on. */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { until } from '../http-api.ts';
import { api, armedAlarm, executionStub } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([
  ['a byte of a row', `UPDATE log SET data = replace(data, '"add"', '"odd"')`],
  ['the end of a row', 'UPDATE log SET data = substr(data, 1, length(data) - 7) WHERE seq = 0'],
  ['a row', 'DELETE FROM log WHERE seq = 1'],
])(
  'a log that has lost %s is refused and not written to, and the runs beside it go on',
  async (what, sql) => {
    for (const method of ['log', 'error'] as const)
      vi.spyOn(console, method).mockImplementation(() => undefined);
    // A URL Worker keeps no session, so that the object may leave at once.
    await api.register(inject('urlWorker'));
    const workflowId = `corrupt ${what}`;
    const start = { workflowType: 'gather', taskQueue: 'plain', args: [9] };
    for (const id of [workflowId, 'sound'])
      await api.start({ ...start, workflowId: id }).catch(() => undefined);
    // One row each at the least: what is lost below has others behind it.
    for (const word of ['kept', 'more']) {
      await api.signal(workflowId, 'add', [word]);
      await until('the signal', async () =>
        JSON.stringify(await api.query(workflowId, 'items')).includes(word),
      );
    }
    await evictDurableObject(executionStub(workflowId));
    const content = () =>
      runInDurableObject(executionStub(workflowId), (_, state) =>
        JSON.stringify(state.storage.sql.exec('SELECT seq, data FROM log ORDER BY seq').toArray()),
      );
    await runInDurableObject(
      executionStub(workflowId),
      (_, state) => void state.storage.sql.exec(sql).toArray(),
    );
    await evictDurableObject(executionStub(workflowId));
    const before = await content();
    const path = `/workflows/${encodeURIComponent(workflowId)}`;
    for (const [method, at, body] of [
      ['POST', `${path}/signal/add`, { input: ['late'] }],
      ['POST', `${path}/terminate`, { reason: 'now' }],
      ['GET', path, undefined],
    ] as const) {
      const answer = await api.send(method, at, body);
      expect(answer.status).toBe(500);
      expect(answer.body).toMatchObject({ code: 15 });
      expect(answer.body.message).toContain(`workflow ${workflowId} in namespace default cannot be loaded`);
      expect(answer.body.message).toMatch(/log row \d+ is corrupt/);
    }
    expect(await content()).toBe(before);
    // It looks again in an hour, not every few seconds.
    await runInDurableObject(executionStub(workflowId), (_, state) => state.storage.setAlarm(Date.now()));
    const anHour = Date.now() + 3_590_000;
    await until('the alarm to be put off', async () => ((await armedAlarm(workflowId)) ?? 0) > anHour);
    await api.signal('sound', 'add', ['fine']);
    expect(await api.query('sound', 'items')).toContain('fine');
  },
);
