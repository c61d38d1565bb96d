/** docs/lint.md, from the rules themselves. */

import { rules } from '../../sdk/lint/rules.ts';

const HEAD = `# Finding what is not deterministic: \`perdure lint\`

Made from the rules themselves by \`npm run docs\`.

\`\`\`sh
perdure lint                      # every workflow file below this folder
perdure lint src/workflows.ts     # this one
perdure lint src -o json          # or jsonl: one finding a line
\`\`\`

Workflow files are \`workflows.ts\`, \`*.workflows.ts\` and \`workflows/index.ts\` (also \`.js\`, \`.mts\` …), or what you name. What they import inside the
project is read as well, by the names of your \`tsconfig.json\`; packages, and modules of which only types are used, are not.
The code is read with your project's own TypeScript (\`npm install -D typescript\`; 5 or 6); nothing of it runs.

Exit code 1 when there are errors; warnings and hints do not fail. Each finding has file, line, column, rule, why it is wrong and what to write
instead. An exception is written on the line, or alone on the line before, with a reason for whoever comes next:

\`\`\`ts
// perdure-lint-ignore host-environment -- a constant that our build puts in
export const region = process.env.REGION;
\`\`\`

\`Date\`, \`Math.random\`, \`crypto.randomUUID\`, \`crypto.getRandomValues\`, \`performance.now\`, \`setTimeout\` and promises are deterministic in a workflow: nothing is said
about them. What the linter cannot know it says nothing about: what packages do inside, what \`any\` hides, code that is built at run time.
The last word has the replay of recorded histories: \`perdure workflow replay\` ([cli.md](cli.md)).

| rule | | finds | why | instead |
|---|---|---|---|---|
`;

export function lintDocs(): string {
  const rows = Object.entries(rules).map(
    ([id, { severity, finds, why, instead }]) =>
      `| \`${id}\` | ${severity} | ${finds} | ${why} | ${instead} |\n`,
  );
  return `${HEAD}${rows.join('')}`;
}
