/** llms.txt, for readers that are programs: the index of the docs, in the form of https://llmstxt.org. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './root.ts';

const HEAD = `# Perdure

> Durable execution at the edge: Temporal's programming model on Cloudflare Workers, with nothing to operate. Workflows, activities, clients, Workers and tests
> are written as for Temporal's TypeScript SDK, with \`perdure/*\` for \`@temporalio/*\`; each workflow id is a Durable Object that owns its event history.

Workflow code imports \`perdure/workflow\` alone, and types of activities; \`perdure lint\` checks it. Activities run at least once.

- [README](README.md): run it in five minutes; what is where
- [Examples](examples/README.md): one idea per folder
`;

/** docs/README.md as a list. */
export function llmsText(): string {
  const index = readFileSync(join(projectRoot, 'docs/README.md'), 'utf8');
  const text = index.split('\n').flatMap((line) => {
    if (line.startsWith('## ')) return ['', line, ''];
    const pages = [...line.matchAll(/\]\(([\w-]+)\.md\)/g)].map(([, page]) => page!);
    const what = /\| ([^|]+) \|$/.exec(line)?.[1];
    return pages.map((page) => `- [${page}](docs/${page}.md)${what ? `: ${what}` : ''}`);
  });
  return `${HEAD}${text.join('\n')}\n`;
}
