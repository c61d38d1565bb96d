/** docs/http-api.md, from the route table and Temporal's routes. */

import { plainRouteList } from '../../src/api/plain-routes.ts';
import { isAudited, type Route, routes } from '../../src/api/routes.ts';
import { absence, isServedBy, temporalRoutes } from './api-routes.ts';

const HEAD = `# The HTTP API, route by route

Made from the route table by \`npm run docs\`. An engine describes itself in OpenAPI 3.1 at \`/openapi.json\`, and has a page to read and try it at \`/docs/api\`.

Every path is served below \`/api/v1\` and without it (\`/cluster/namespaces\` in place of \`/namespaces\` where it ends there, as at Temporal). Fields of a request come
in the path, in the query of a GET or DELETE (\`execution.runId=…\`), or in the body, in camelCase or snake_case. An unknown field, or one of the wrong type, is a 400 that names
it. Payloads are plain JSON both ways; \`?noPayloadShorthand\` (or \`Accept: application/json+no-payload-shorthand\`) has them in the long form, \`?pretty\` indents. Errors are
\`{ "code", "message", "details" }\`, with the code of gRPC. Limits: [limits.md](limits.md); who may call what: [security.md](security.md).

\`\`\`sh
curl localhost:8787/api/v1/namespaces/default/workflows?query=ExecutionStatus%3D%27Running%27\\&pretty
curl -N localhost:8787/api/v1/namespaces/default/workflows/transfer-7/events      # history as it happens
\`\`\`
`;

export function httpApiDocs(): string {
  const theirs = temporalRoutes();
  const whose = (route: Route): string =>
    theirs.some((other) => isServedBy(other, route)) ? 'Temporal' : 'ours';
  const absent = theirs.filter((route) => !routes.some((ours) => isServedBy(route, ours)));
  return [
    HEAD,
    '## Served',
    '',
    '| call | route | role | |',
    '|---|---|---|---|',
    ...routes.map(
      (route) =>
        `| ${route.rpc} | \`${route.method} ${route.path}\` | ${route.permission}${isAudited(route) ? ', audited' : ''} | ${whose(route)} |`,
    ),
    '',
    '## Beside the API',
    '',
    'At the root only, with no prefix.',
    '',
    '| call | route | role | |',
    '|---|---|---|---|',
    ...plainRouteList.map(
      ([name, { method, path, permission, description }]) =>
        `| ${name} | \`${method} ${path}\` | ${permission} | ${description} |`,
    ),
    '',
    '## Not served',
    '',
    '| call | route | how usual | why |',
    '|---|---|---|---|',
    ...absent.map(
      (route) =>
        `| ${route.rpc} | \`${route.method} ${route.path.replace('/api/v1', '')}\` | ${route.priority} | ${absence(route)} |`,
    ),
    '',
  ].join('\n');
}
