import { expect, it } from 'vitest';
import { absence, absentRoutes, isServedBy, temporalRoutes } from '../../scripts/lib/api-routes.ts';
import { routes } from '../../src/api/routes.ts';

const theirs = temporalRoutes();

it.each(theirs.map((route) => [`${route.rpc} ${route.method} ${route.path}`, route] as const))(
  '%s is served under both prefixes, or the reason is given why not, and not both',
  (_, route) => {
    const served = routes.some((ours) => isServedBy(route, ours));
    expect({ served, absent: absence(route) !== undefined }).toEqual({ served, absent: !served });
  },
);

it('no route of ours has a name of Temporal for another path', () => {
  const named = new Set(theirs.map(({ rpc }) => rpc));
  const wrong = routes.filter(
    (ours) => named.has(ours.rpc) && !theirs.some((route) => isServedBy(route, ours)),
  );
  expect(wrong.map(({ rpc }) => rpc)).toEqual([]);
});

it('no reason is given for a route that Temporal does not have', () => {
  const known = theirs.flatMap(({ rpc, path }) => [rpc, `${rpc} ${path}`]);
  expect(Object.keys(absentRoutes).filter((name) => !known.includes(name))).toEqual([]);
});
