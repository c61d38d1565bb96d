/** llms.txt, for readers that are programs: the index of the docs, in the form of https://llmstxt.org. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from './root.ts';

const read = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');

const HEAD = `# Perdure

> Durable execution at the edge: Temporal's programming model on Cloudflare Workers, with nothing to operate. Workflows, activities, clients, Workers and tests
> are written as for Temporal's TypeScript SDK, with \`perdure/*\` for \`@temporalio/*\`; each workflow id is a Durable Object that owns its event history.

Workflow code imports \`perdure/workflow\` alone, and types of activities; \`perdure lint\` checks it. Activities run at least once.

- [README](README.md): run it in five minutes; what is where
- [Examples](examples/README.md): one idea per folder
`;

/** docs/README.md with each page's own title. */
export function llmsText(): string {
  const lines = read('docs/README.md').split('\n').slice(1);
  const text = lines.flatMap((line) => {
    if (line.startsWith('## ')) return ['', line, ''];
    const links = [...line.matchAll(/\]\(([^)#]+\.md)\)/g)].map(([, link]) => link!);
    const what = /\| ([^|]+) \|$/.exec(line)?.[1];
    return links.flatMap((link) => {
      const file = join('docs', link).replaceAll('\\', '/');
      if (!file.startsWith('docs/') || !existsSync(join(projectRoot, file))) return [];
      const title = /^# (.+)$/m.exec(read(file))?.[1] ?? basename(file);
      return [`- [${title}](${file})${links.length === 1 && what ? `: ${what}` : ''}`];
    });
  });
  return `${HEAD}${text.join('\n')}\n`;
}
