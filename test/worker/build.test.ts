import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWorker } from '../../sdk/worker/build.ts';

const run = promisify(execFile);
let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perdure-build-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes files into a project of its own, builds `main.ts` for Node, and answers with what it prints as JSON. */
async function buildAndRun(files: Record<string, string>, workflows?: string[]): Promise<unknown> {
  const root = await project(files);
  const outfile = join(root, 'out/main.mjs');
  const paths = workflows?.map((path) => join(root, path));
  await buildWorker({
    entry: join(root, 'main.ts'),
    outfile,
    platform: 'node',
    ...(paths && { workflows: paths }),
  });
  const { stdout } = await run(process.execPath, [outfile]);
  return JSON.parse(stdout);
}

async function project(files: Record<string, string>): Promise<string> {
  const root = join(folder, String(count++));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** What the build refuses with. */
async function refusal(workflowSource: string, files: Record<string, string> = {}): Promise<string> {
  const root = await project({
    'main.ts': "import * as workflows from './workflows.ts'; console.log(workflows);",
    'workflows.ts': workflowSource,
    ...files,
  });
  const build = buildWorker({
    entry: join(root, 'main.ts'),
    outfile: join(root, 'out.mjs'),
    platform: 'node',
    logLevel: 'silent',
  });
  return build.then(
    () => 'built',
    (error: Error) => error.message,
  );
}

const counting = `
  import { greeting } from './lib/words.ts';
  let runs = 0;
  export const limits = { max: 3 };
  export async function count(): Promise<string> {
    runs++;
    return greeting() + runs;
  }
`;
const words =
  'let calls = 0; export function greeting(): string { calls++; return "call " + calls + " run "; }';
const countTwice = `
  const factory = (workflows.count as any)[Symbol.for('perdure.workflowFactory')];
  const first = factory();
  const second = factory();
  const out = [await first.count(), await first.count(), await second.count()];
  console.log(JSON.stringify(out));
`;

describe('the build of a Worker', () => {
  it('gives each run its own module-level state, in imported files too', async () => {
    const out = await buildAndRun({
      'workflows.ts': counting,
      'lib/words.ts': words,
      'main.ts': `import * as workflows from './workflows.ts'; ${countTwice}`,
    });
    expect(out).toEqual(['call 1 run 1', 'call 2 run 2', 'call 1 run 1']);
  });

  it.each([
    ['transfer.workflows.ts', './transfer.workflows.ts', undefined],
    ['workflows/index.ts', './workflows', undefined],
    ['flows.ts', './flows.ts', ['flows.ts']],
  ])('takes %s as a workflow file', async (file, specifier, list) => {
    const lib = join(dirname(file), 'lib/words.ts');
    const out = await buildAndRun(
      {
        [file]: counting,
        [lib]: words,
        'main.ts': `import * as workflows from '${specifier}'; ${countTwice}`,
      },
      list,
    );
    expect(out).toEqual(['call 1 run 1', 'call 2 run 2', 'call 1 run 1']);
  });

  it('keeps what a workflow file does, also in a package that says it has no side effects', async () => {
    const out = await buildAndRun({
      'package.json': '{ "type": "module", "sideEffects": false }',
      'workflows/one.ts': 'export async function one(): Promise<void> {}',
      'workflows/index.ts': `import { setWorkflowOptions } from 'perdure/workflow';
        import { one } from './one.ts';
        export * from './one.ts';
        setWorkflowOptions({ versioningBehavior: 'PINNED' }, one);`,
      'main.ts': `import * as workflows from './workflows/index.ts';
        const copy = (workflows.one as any)[Symbol.for('perdure.workflowFactory')]();
        const options = [workflows.one, copy.one].map((fn: any) => fn.workflowDefinitionOptions);
        console.log(JSON.stringify(options));`,
    });
    expect(out).toEqual([{ versioningBehavior: 'PINNED' }, { versioningBehavior: 'PINNED' }]);
  });

  it('has no workflow under a name that two files export, and those under all others', async () => {
    const out = await buildAndRun({
      'one.ts': 'export const both = 1; export async function one(): Promise<number> { return both; }',
      'two.ts': 'export const both = 2; export async function two(): Promise<number> { return both; }',
      'workflows.ts': `export * from './one.ts'; export * from './two.ts';`,
      'main.ts': `import * as workflows from './workflows.ts';
        const given = Object.keys(workflows).filter((name) => (workflows as any)[name] !== undefined);
        console.log(JSON.stringify([given, await workflows.one(), await workflows.two()]));`,
    });
    expect(out).toEqual([['one', 'two'], 1, 2]);
  });

  it('puts interceptor modules into the graph of every workflow file', async () => {
    const root = await project({
      'workflows.ts': `import { state } from './state.ts';
        export async function look(): Promise<number> { return state.made; }`,
      'state.ts': 'export const state = { made: 0 };',
      'tracing.ts': `import { state } from './state.ts';
        export const interceptors = () => { state.made++; return { inbound: [] }; };`,
      'main.ts': `import * as workflows from './workflows.ts';
        const copy = (workflows.look as any)[Symbol.for('perdure.workflowFactory')];
        const [first, second] = [copy(), copy()];
        for (const module of first.__perdure_interceptors) module.interceptors();
        console.log(JSON.stringify([await first.look(), await second.look(), Object.keys(workflows)]));`,
    });
    const outfile = join(root, 'main.mjs');
    const workflowInterceptorModules = [join(root, 'tracing.ts')];
    await buildWorker({
      entry: join(root, 'main.ts'),
      outfile,
      platform: 'node',
      workflowInterceptorModules,
    });
    const { stdout } = await run(process.execPath, [outfile]);
    expect(JSON.parse(stdout)).toEqual([1, 0, ['default', 'look']]);
  });

  it('puts converters into the graph of every workflow file, so that they know its classes', async () => {
    const root = await project({
      'workflows.ts': `import { Money } from './money.ts';
        export async function look(value: unknown): Promise<boolean> { return value instanceof Money; }`,
      'money.ts': 'export class Money {}',
      'payloads.ts': `import { Money } from './money.ts';
        export const payloadConverter = { toPayload: () => ({}), fromPayload: () => new Money() };`,
      'main.ts': `import * as workflows from './workflows.ts';
        const factory = (workflows.look as any)[Symbol.for('perdure.workflowFactory')];
        const [first, second] = [factory(), factory()];
        const [one, two] = [first, second].map((copy) => copy.__perdurePayloadConverter.fromPayload());
        const answers = [await first.look(one), await second.look(two), await first.look(two)];
        console.log(JSON.stringify(answers));`,
    });
    const [entry, outfile] = [join(root, 'main.ts'), join(root, 'main.mjs')];
    const payloadConverterPath = join(root, 'payloads.ts');
    await buildWorker({ entry, outfile, platform: 'node', payloadConverterPath });
    const { stdout } = await run(process.execPath, [outfile]);
    expect(JSON.parse(stdout)).toEqual([true, true, false]);
  });

  it('has reflect-metadata, which is global, evaluated once for all runs', async () => {
    const out = await buildAndRun({
      'workflows.ts': `import 'reflect-metadata'; ${counting}`,
      'lib/words.ts': words,
      'node_modules/reflect-metadata/Reflect.js': `var Reflect; globalThis.evaluated = (globalThis.evaluated ?? 0) + 1;
        globalThis.Reflect.defineMetadata = () => undefined;`,
      'node_modules/reflect-metadata/package.json': '{ "exports": "./Reflect.js" }',
      'main.ts': `import * as workflows from './workflows.ts';
        const factory = (workflows.count as any)[Symbol.for('perdure.workflowFactory')];
        await Promise.all([factory().count(), factory().count()]);
        console.log(JSON.stringify((globalThis as any).evaluated));`,
    });
    expect(out).toBe(1);
  });

  it('leaves other files alone', async () => {
    const out = await buildAndRun({
      'other.ts': counting,
      'lib/words.ts': words,
      'main.ts': `import * as other from './other.ts';
        console.log(JSON.stringify([Symbol.for('perdure.workflowFactory') in other.count]));`,
    });
    expect(out).toEqual([false]);
  });

  it('keeps constants, names and types: what is no function is exported as it is', async () => {
    const out = await buildAndRun({
      'workflows.ts': counting,
      'lib/words.ts': words,
      'main.ts': `import { count, limits } from './workflows.ts';
        console.log(JSON.stringify([count.name, limits, typeof count]));`,
    });
    expect(out).toEqual(['count', { max: 3 }, 'function']);
  });

  it('shares one copy of the SDK between all runs, under both names', async () => {
    const out = await buildAndRun({
      'workflows.ts': `
        import { ApplicationFailure } from '@temporalio/common';
        export { ApplicationFailure };
        export async function fails() { throw ApplicationFailure.nonRetryable('no', 'Refused'); }`,
      'more.workflows.ts':
        "export { ApplicationFailure } from 'perdure/common'; export async function other() {}",
      'main.ts': `
        import { ApplicationFailure } from 'perdure/common';
        import * as workflows from './workflows.ts';
        import * as more from './more.workflows.ts';
        const fresh = (workflows.fails as any)[Symbol.for('perdure.workflowFactory')]();
        const error = await fresh.fails().catch((e: unknown) => e);
        console.log(JSON.stringify([error instanceof ApplicationFailure, more.ApplicationFailure === ApplicationFailure]));`,
    });
    expect(out).toEqual([true, true]);
  });

  it('shares the SDK also with code that imports its source by path', async () => {
    const source = join(import.meta.dirname, '../../sdk/common/index.ts');
    const out = await buildAndRun({
      'workflows.ts': `
        import { ApplicationFailure } from '${source}';
        export async function fails() { throw ApplicationFailure.nonRetryable('no', 'Refused'); }`,
      'main.ts': `
        import { ApplicationFailure } from 'perdure/common';
        import { fails } from './workflows.ts';
        const fresh = (fails as any)[Symbol.for('perdure.workflowFactory')]();
        const error = await fresh.fails().catch((e: unknown) => e);
        console.log(JSON.stringify([error instanceof ApplicationFailure]));`,
    });
    expect(out).toEqual([true]);
  });

  it('takes what a package has for browsers, and lets packages that stand on the SDK share it', async () => {
    const out = await buildAndRun({
      'node_modules/two-faced/package.json': JSON.stringify({
        exports: { browser: './browser.js', default: './node.js' },
      }),
      'node_modules/two-faced/browser.js': "export const where = () => 'browser';",
      'node_modules/two-faced/node.js':
        "import { hostname } from 'os'; export const where = () => hostname();",
      'node_modules/older/package.json': JSON.stringify({
        main: 'main.js',
        browser: { './rng.js': './rng-browser.js' },
      }),
      'node_modules/older/main.js': "module.exports = require('./rng.js');",
      'node_modules/older/rng.js': "module.exports = require('crypto').randomBytes(1);",
      'node_modules/older/rng-browser.js': "module.exports = 'rng of browsers';",
      'node_modules/@temporalio/extra/package.json': JSON.stringify({
        exports: { './workflow': './workflow.js' },
      }),
      'node_modules/@temporalio/extra/workflow.js': `const { ApplicationFailure } = require('@temporalio/workflow');
        const { msToNumber } = require('@temporalio/common/lib/time');
        exports.late = (by) => ApplicationFailure.nonRetryable('late by ' + msToNumber(by));`,
      'workflows.ts': `import rng from 'older';
        import { where } from 'two-faced';
        import { late } from '@temporalio/extra/workflow';
        import { ApplicationFailure } from '@temporalio/workflow';
        export async function look(): Promise<unknown[]> {
          const failure = late('2s');
          return [where(), rng, failure.message, failure instanceof ApplicationFailure];
        }`,
      'main.ts': "import { look } from './workflows.ts'; console.log(JSON.stringify(await look()));",
    });
    expect(out).toEqual(['browser', 'rng of browsers', 'late by 2000', true]);
  });

  it('does not drag activities in through their types', async () => {
    const root = await project({
      'activities.ts': "export async function pay() { return 'UNWANTED-IN-WORKFLOWS'; }",
      'workflows.ts': `
        import type * as activities from './activities.ts';
        export async function main(a: typeof activities) { return typeof a; }`,
      'main.ts': "import { main } from './workflows.ts'; console.log(main);",
    });
    await buildWorker({
      entry: join(root, 'main.ts'),
      outfile: join(root, 'out.js'),
      platform: 'cloudflare',
    });
    const code = await readFile(join(root, 'out.js'), 'utf8');
    expect(code).not.toContain('UNWANTED-IN-WORKFLOWS');
    expect(code).not.toMatch(/\beval\(|new Function/);
  });

  it('maps stack traces of workflow code to its own files and lines', async () => {
    const out = await buildAndRun({
      'workflows.ts': `import { deep } from './lib/deep.ts';
interface NotThere { here: number }
export async function main() {
  deep();
}`,
      'lib/deep.ts': `type AlsoNotThere = { here: string };

export function deep(): never {
  throw new Error('deep');
}`,
      'main.ts': `import { main } from './workflows.ts';
        const fresh = (main as any)[Symbol.for('perdure.workflowFactory')]();
        const error = await fresh.main().catch((e: Error) => e);
        console.log(JSON.stringify(error.stack.split('\\n').slice(1, 3).map((l: string) => l.replace(/.*\\/(?=lib|workflows)/, ''))));`,
    });
    expect(out).toEqual(['deep.ts:4:9)', 'workflows.ts:4:3)'].map((end) => expect.stringContaining(end)));
  });

  it('refuses node builtins in workflow code and says what to do', async () => {
    const message = await refusal("import { readFile } from 'node:fs'; export const read = () => readFile;");
    expect(message).toMatch(/Workflow code imports "node:fs".*Move this into an activity/);
    expect(await refusal("import fs from 'fs'; export const read = () => fs;")).toMatch(/imports "fs"/);
  });

  it('allows the builtins that do no input or output', async () => {
    expect(
      await refusal("import assert from 'node:assert'; export async function a() { assert(true); }"),
    ).toBe('built');
  });

  it('refuses activities at run time and says what to do', async () => {
    const message = await refusal("import { pay } from './activities.ts'; export const main = () => pay();", {
      'activities.ts': 'export async function pay() {}',
    });
    expect(message).toMatch(/imports activities.ts at run time.*import type/);
  });

  it('refuses the parts of the SDK that workflow code cannot use', async () => {
    const message = await refusal(
      "import { heartbeat } from 'perdure/activity'; export const main = () => heartbeat();",
    );
    expect(message).toMatch(/"perdure\/activity".*perdure\/workflow and perdure\/common/);
  });

  it('names file and line of a syntax error in a workflow file', async () => {
    expect(await refusal('export async function main() {\n  return (;\n}')).toMatch(/workflows\.ts:2:\d+/);
  });
});
