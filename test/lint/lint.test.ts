import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { lint } from '../../sdk/lint/lint.ts';
import { type Finding, rules } from '../../sdk/lint/rules.ts';
import { FORBIDDEN } from '../../sdk/workflow/runtime/globals.ts';
import { bad } from './bad.ts';
import { good } from './good.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'perdure-lint-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
/** A project of its own for each test, so that none sees another's files. */
function project(files: Record<string, string>): string {
  const place = join(folder, String(++count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  }
  return place;
}

async function found(code: string): Promise<Finding[]> {
  const place = project({
    'workflows.ts': code,
    'activities.ts': "import { readFile } from 'node:fs/promises';\nexport const charge = readFile;",
    'billing.activities.ts': 'export const bill = 1;',
    'state.ts': 'export const shared = { count: 0 };',
  });
  return (await lint(['workflows.ts'], place)).findings;
}

const texts = (findings: Finding[]): string[] =>
  findings.map(({ line, column, rule, message }) => `${line}:${column} ${rule}: ${message}`);

describe('what must not pass', () => {
  it.each(bad)('%s finds %j', async (rule, code) => {
    const findings = await found(code);
    expect(new Set(findings.map((finding) => finding.rule)), texts(findings).join('\n')).toEqual(
      new Set([rule]),
    );
  });

  it('has a snippet for every rule, and at least thirty', () => {
    expect(new Set(bad.map(([rule]) => rule))).toEqual(new Set(Object.keys(rules)));
    expect(bad.length).toBeGreaterThanOrEqual(30);
  });

  const forbidden = FORBIDDEN.flatMap(({ prefix, names }) => names.map((name) => `${prefix}${name}`));
  it.each(forbidden)('%s, which throws at run time, is found before', async (name) => {
    const findings = await found(`export async function w() { const used = ${name}; return used; }`);
    expect(findings.map(({ rule }) => rule)).toEqual(['forbidden-global']);
  });
});

describe('what must pass', () => {
  it.each(good)('%s', async (_, code) => {
    expect(texts(await found(code))).toEqual([]);
  });

  it('is at least thirty snippets', () => expect(good.length).toBeGreaterThanOrEqual(30));
});

describe('where it looks', () => {
  it('follows imports inside the project, also by names of tsconfig.json, and reports the place in that file', async () => {
    const place = project({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "#lib/*": ["./src/lib/*"] } } }',
      'src/workflows.ts': "import { now } from '#lib/helper';\nexport async function w() { return now(); }",
      'src/lib/helper.ts': "export { now } from './deep.js';",
      'src/lib/deep.ts': '\nexport const now = () =>\n  process.hrtime();',
      'src/client.ts': 'process.env.NOT_A_WORKFLOW;',
    });
    const { files, findings } = await lint(['src'], place);
    expect(files).toEqual(['src/workflows.ts', 'src/lib/helper.ts', 'src/lib/deep.ts']);
    expect(findings.map(({ file, line, column, rule }) => ({ file, line, column, rule }))).toEqual([
      { file: 'src/lib/deep.ts', line: 3, column: 3, rule: 'host-environment' },
    ]);
  });

  it('does not follow modules of which only types are used, nor packages', async () => {
    const place = project({
      'workflows.ts':
        "import { Shape } from './shape.ts';\nimport { z } from 'a-package';\nexport const w = (s: Shape) => z(s);",
      'shape.ts': 'export interface Shape { n: number }\nprocess.env.A;',
      'node_modules/a-package/package.json': '{ "name": "a-package", "main": "index.js" }',
      'node_modules/a-package/index.js': 'export const z = (s) => process.env[s];',
    });
    expect((await lint(['.'], place)).files).toEqual(['workflows.ts']);
  });

  it('takes JavaScript as well, and every file that is named', async () => {
    const place = project({
      'jobs/nightly.js': 'export async function nightly() { await fetch("https://a.example"); }',
    });
    const { findings } = await lint(['jobs/nightly.js'], place);
    expect(findings.map(({ rule }) => rule)).toEqual(['forbidden-global']);
    await expect(lint(['jobs'], place)).rejects.toThrow('There are no workflow files');
    await expect(lint(['nowhere'], place)).rejects.toThrow('There is no file');
  });

  it('finds nothing in the examples', async () => {
    const { files, findings } = await lint(['examples'], join(import.meta.dirname, '../..'));
    expect(texts(findings)).toEqual([]);
    expect(files.length).toBeGreaterThan(18);
  });
});

describe('perdure lint', () => {
  async function perdure(...args: string[]) {
    const out: string[] = [];
    const abortSignal = new AbortController().signal;
    const print = (line: string) => void out.push(line);
    const exitCode = await run(args, { print, complain: print, colors: plain, env: {}, abortSignal });
    return { exitCode, out: out.join('\n') };
  }

  it('says where, what, why and what instead, and fails', async () => {
    const place = project({
      'workflows.ts': "export async function w() {\n  await fetch('https://a.example');\n}",
    });
    const { exitCode, out } = await perdure('lint', place);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /workflows\.ts:2:9 {2}error {2}fetch cannot be used in a workflow {2}forbidden-global\n {2}It acts on the world.*\n {2}Call an activity\.\n1 file: 1 error$/,
    );
  });

  it('succeeds with warnings and hints, and prints JSON', async () => {
    const place = project({
      'workflows.ts': 'export async function w() { console.log(new Date().getHours()); }',
    });
    const { exitCode, out } = await perdure('lint', place, '-o', 'json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { rule: 'console', severity: 'hint', line: 1, column: 29 },
      { rule: 'local-time', severity: 'warning', line: 1, column: 41 },
    ]);
  });
});
