import { expect, it } from 'vitest';
import { boundWorkers, type Env } from '../../src/env.ts';
import { placed } from '../../src/placement.ts';

const kinds = [
  'WORKFLOW_EXECUTION',
  'VISIBILITY',
  'SCHEDULE',
  'BATCH',
  'NAMESPACE',
  'LIMITED_TASK_QUEUE',
] as const;

/** Says what it was asked for. */
function namespaceIn(place: string): object {
  return {
    getByName: (name: string, options?: object) => ({ place, name, options }),
    jurisdiction: (jurisdiction: string) => namespaceIn(jurisdiction),
  };
}
const environment = (settings: Partial<Env>): Env =>
  ({ ...Object.fromEntries(kinds.map((kind) => [kind, namespaceIn('anywhere')])), ...settings }) as Env;
const asked = (env: Env, kind: (typeof kinds)[number] = 'WORKFLOW_EXECUTION'): unknown =>
  env[kind].getByName('x');

it('without settings nothing is changed', () => {
  const env = environment({ NAMESPACES: 'default' });
  expect(placed(env)).toBe(env);
});

it.each(kinds)('with a jurisdiction, objects of %s are asked for within it', (kind) => {
  const env = placed(environment({ JURISDICTION: 'eu' }));
  expect(asked(env, kind)).toEqual({ place: 'eu', name: 'x', options: undefined });
});

it('a hint goes with each name, within a jurisdiction as well', () => {
  const options = { locationHint: 'weur' };
  expect(asked(placed(environment({ LOCATION_HINT: 'weur' })))).toMatchObject({ place: 'anywhere', options });
  const both = placed(environment({ LOCATION_HINT: 'weur', JURISDICTION: 'eu' }));
  expect(asked(both)).toMatchObject({ place: 'eu', options });
});

it('in development there are no jurisdictions', () => {
  const env = environment({ JURISDICTION: 'eu', PERDURE_DEV: '1' });
  expect(placed(env)).toBe(env);
});

it('other bindings and variables stay, and the same environment is placed once', () => {
  const env = environment({ JURISDICTION: 'eu', NAMESPACES: 'shop' });
  Object.assign(env, { WORKER_ORDERS: {} });
  expect(placed(env).NAMESPACES).toBe('shop');
  expect(boundWorkers(placed(env))).toMatchObject([{ name: 'WORKER_ORDERS' }]);
  expect(placed(env)).toBe(placed(env));
});
