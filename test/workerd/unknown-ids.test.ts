/** Whoever guesses ids leaves nothing behind: a thousand probes, over every route that names a workflow or a schedule. */

import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { scheduleObjectName } from '../../sdk/common/schedule.ts';
import { type Route, routes } from '../../src/api/routes.ts';
import { cases } from '../api/route-cases.ts';
import { api, armedAlarm, env, executionStub, tablesOf } from './support.ts';

const PROBES = 1_000;
/** They make what they name. */
const makers = [
  'StartWorkflowExecution',
  'StartAndWait',
  'SignalWithStartWorkflowExecution',
  'ExecuteMultiOperation',
  'ImportWorkflowExecution',
  'CreateSchedule',
];

const namesRun = ({ path }: Route): boolean => /\{(\w+\.)*workflowId\}/.test(path);
const namesSchedule = ({ path }: Route): boolean => path.includes('{scheduleId}');
const probes = routes.filter(
  (route) => !makers.includes(route.rpc) && (namesRun(route) || namesSchedule(route)),
);

/** The right request of the route, about something that is not there. */
async function probe(route: Route, id: string): Promise<number> {
  const { path, body } = cases[route.rpc]!;
  // A token is one of a run: this one has none.
  const changed = path
    .replace('/api/v1/namespaces/default', '')
    .replace(/nextPageToken=[^&]*&?/, '')
    .replace(/(workflows|schedules)\/[^/?]+/, `$1/${id}`);
  expect(changed).toContain(id);
  const { status } = await api.send(route.method, changed, route.method === 'GET' ? undefined : (body ?? {}));
  return status;
}

it('a thousand ids that nobody has used get 404, and cost no storage and no alarm', async () => {
  expect(probes.length).toBeGreaterThan(25);
  const answers = new Map<string, Set<number>>();
  const touched: Array<[Route, string]> = [];
  for (let i = 0; i < PROBES; i += 20) {
    const batch = Array.from({ length: 20 }, (_, k): [Route, string] => [
      probes[(i + k) % probes.length]!,
      `nobody-${i + k}`,
    ]);
    touched.push(...batch);
    await Promise.all(
      batch.map(async ([route, id]) => {
        const seen = answers.get(route.rpc) ?? new Set();
        answers.set(route.rpc, seen.add(await probe(route, id)));
      }),
    );
  }
  expect(Object.fromEntries([...answers].map(([rpc, statuses]) => [rpc, [...statuses]]))).toEqual(
    Object.fromEntries(probes.map(({ rpc }) => [rpc, [404]])),
  );
  for (const [route, id] of touched) {
    if (namesRun(route)) {
      expect([route.rpc, await tablesOf(executionStub(id)), await armedAlarm(id)]).toEqual([
        route.rpc,
        [],
        null,
      ]);
    } else {
      const stub = env.SCHEDULE.getByName(scheduleObjectName('default', id));
      const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
      expect([route.rpc, await tablesOf(stub), alarm]).toEqual([route.rpc, [], null]);
    }
  }
}, 180_000);
