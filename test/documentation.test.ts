/** The guides are held against the code: snippets compile and run, commands and flags exist, links lead somewhere. */

import { execFile } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { commandsByName } from '../scripts/lib/command-docs.ts';
import { parseListQuery } from '../src/visibility/list-filter.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const guides = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
const pages = [
  'README.md',
  ...guides.map((guide) => `docs/${guide}`),
  ...globSync('examples/**/README.md', { cwd: root }),
];

interface Snippet {
  /** Relative to the page's own folder. */
  file: string;
  code: string;
}

/**
 * A page's snippets are one project. Those that begin with a comment that names a file are that file, so that others can
 * import them. What the reader does not see stands in HTML comments: `<!-- file: NAME … -->` is another file,
 * `<!-- context: … -->` right before a snippet goes before it.
 */
function snippetsOf(page: string): Snippet[] {
  const text = read(page);
  const hidden = text.matchAll(/^<!-- file: (\S+)\n([\s\S]*?)-->/gm);
  const blocks = text.matchAll(
    /(?:^<!-- context: ([\s\S]*?)-->\n+)?^```ts\n(?:\/\/ (\S+\.tsx?)\n)?([\s\S]*?)^```/gm,
  );
  const shown = [...blocks].map(([, context = '', file, code], i) => ({
    file: file ?? `snippet-${i}.ts`,
    code: `${context}${code!}${/^(?:import|export) /m.test(context + code!) ? '' : 'export {};\n'}`,
  }));
  return [...shown, ...[...hidden].map(([, file, code]) => ({ file: file!, code: code! }))];
}

/** Writes snippets inside the package, so that its own name can be imported. */
function writeSnippets(of: string[]): string {
  mkdirSync(join(root, '.perdure'), { recursive: true });
  const folder = mkdtempSync(join(root, '.perdure/snippets-'));
  for (const page of of) {
    for (const { file, code } of snippetsOf(page)) {
      const path = join(folder, page.replaceAll(/\W/g, '-'), file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, code);
    }
  }
  return folder;
}

const run = (cwd: string, command: string, ...args: string[]): Promise<string> =>
  promisify(execFile)(join(root, 'node_modules/.bin', command), args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', CI: '1' },
  }).then(
    ({ stdout }) => stdout,
    (error) => {
      throw new Error(`${command}: ${error.stdout}${error.stderr}`);
    },
  );

it('every TypeScript snippet of every page compiles', async () => {
  const folder = writeSnippets(pages);
  try {
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        // Excerpts: what they declare is used further on.
        compilerOptions: { noUnusedLocals: false },
        include: ['.'],
        exclude: [],
      }),
    );
    await run(folder, 'tsc', '-p', folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

// docs/testing.md has a test of its own, which runs some of its snippets in workerd: test/testing/documentation.test.ts.
const tested = pages.filter(
  (page) => page !== 'docs/testing.md' && snippetsOf(page).some(({ file }) => file.endsWith('.test.ts')),
);
it('the tests that are shown pass', async () => {
  expect(tested.length).toBeGreaterThan(1);
  const folder = writeSnippets(tested);
  try {
    await run(folder, 'vitest', 'run', '--root', '.');
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

/** Command lines of a page's shell blocks: comments gone, continued lines joined, lists taken apart. */
function commandLines(page: string): string[] {
  const blocks = [...read(page).matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)].map(([, text]) => text!);
  return blocks
    .flatMap((text) => text.replaceAll(/\\\n\s*/g, ' ').split('\n'))
    .map((line) => line.replaceAll(/'[^']*'|"[^"]*"/g, 'TEXT').replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/&&|\|\||[|;&]/))
    .map((line) =>
      line.trim().replace(/^(?:[A-Z_]+=\S*\s+|export\s+(?:[A-Z_]+=\S*\s*)+|npx (?:--no-install )?)+/, ''),
    );
}

describe.each(pages.filter((page) => commandLines(page).length > 0))('the commands of %s', (page) => {
  it('that begin with perdure exist, with all their flags', () => {
    const commands = commandsByName();
    const wrong = commandLines(page).flatMap((line) => {
      const words = (/^(?:perdure|npm run (?:--silent )?perdure --)\s+(.*)$/.exec(line)?.[1] ?? '').split(
        /\s+/,
      );
      if (words[0] === '' || words[0]!.startsWith('-')) return [];
      const lengths = [4, 3, 2, 1].map((n) => words.slice(0, n).join(' '));
      const command = commands.get(lengths.find((name) => commands.has(name)) ?? '');
      if (!command) return [`no such command: ${line}`];
      const known = new Set(command.options.flatMap(({ long, short }) => [long, short]));
      const flags = words.filter((word) => /^--?[a-z]/i.test(word)).map((word) => word.split('=')[0]!);
      return flags.filter((flag) => !known.has(flag) && flag !== '--help').map((flag) => `${flag}: ${line}`);
    });
    expect(wrong).toEqual([]);
  });

  it('that begin with npm run are scripts of this project, or of an application that the starter writes', () => {
    const scripts = ['package.json', 'sdk/create/template/_package.json'].flatMap((file) =>
      Object.keys((JSON.parse(read(file)) as { scripts: object }).scripts),
    );
    const used = commandLines(page).flatMap(
      (line) => /^npm run (?:--silent )?([\w:-]+)/.exec(line)?.[1] ?? [],
    );
    expect(used.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});

/** As GitHub makes them from headings. */
const anchorsOf = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

it.each(pages)('every link of %s leads to something that is there', (page) => {
  const text = read(page)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path, anchor] = link.split('#') as [string, string?];
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    });
  expect(broken).toEqual([]);
});

it('docs/architecture.md names only files that are there, and what they have', () => {
  const links = [...read('docs/architecture.md').matchAll(/\[`([^`]+)`\]\(\.\.\/([^)#]+\.ts)\)/g)];
  expect(links.length).toBeGreaterThan(40);
  const wrong = links.filter(([, name, file]) => {
    if (!existsSync(join(root, file!))) return true;
    if (name === file) return false;
    return !new RegExp(
      `^(?:export )?(?:default |abstract |async |declare )*(?:function\\*?|class|const|interface|type) ${name}\\b`,
      'm',
    ).test(read(file!));
  });
  expect(wrong.map(([all]) => all)).toEqual([]);
});

it('every list filter of docs/visibility.md is understood', () => {
  const text = read('docs/visibility.md');
  const filters = [...text.matchAll(/(?:--query|query:|count\()\s*"([^"]+)"/g)].map(([, filter]) => filter!);
  expect(filters.length).toBeGreaterThan(4);
  for (const filter of filters) parseListQuery(filter, { Customer: 'KEYWORD', Amount: 'INT' });
});
