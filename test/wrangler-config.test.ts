/** Every wrangler.toml of the project says exactly what the code needs: no binding is missing, none is left over. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { readWranglerConfig, type WranglerConfig } from '../scripts/lib/wrangler-config.ts';

const root = join(import.meta.dirname, '..');
const examples = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'wrangler.toml')),
);
/** Configuration → the module that it runs, and the one that declares its bindings. */
const projects: Array<[config: string, entry: string, bindings: string]> = [
  ['wrangler.toml', 'src/index.ts', 'src/env.ts'],
  ...examples.map((name): [string, string, string] => {
    const worker = `examples/${name}/worker.ts`;
    return [`examples/${name}/wrangler.toml`, worker, worker];
  }),
  [
    'sdk/create/template/wrangler.toml',
    'sdk/create/template/src/worker.ts',
    'sdk/create/template/src/worker.ts',
  ],
];

/** The starter's has a placeholder where its name will stand. */
const configOf = (file: string) => {
  const text = readFileSync(join(root, file), 'utf8');
  if (!text.includes('{{')) return readWranglerConfig(join(root, file));
  const folder = mkdtempSync(join(tmpdir(), 'perdure-config-'));
  writeFileSync(join(folder, 'wrangler.toml'), text.replaceAll('{{name}}', 'my-app'));
  try {
    return readWranglerConfig(join(folder, 'wrangler.toml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
const parse = (file: string) =>
  ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);

/** What `interface Env` of a module wants from the platform: its members that are no variables (text). */
function wantedBindings(file: string): { name: string; optional: boolean }[] {
  const env = parse(file).statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === 'Env',
  );
  return [...(env?.members ?? [])].flatMap((member) =>
    !ts.isPropertySignature(member) || member.type?.kind === ts.SyntaxKind.StringKeyword
      ? []
      : [{ name: member.name.getText(), optional: member.questionToken !== undefined }],
  );
}

function declaredBindings(config: WranglerConfig): string[] {
  return [
    ...config.durable_objects.bindings.map(({ name }) => name),
    ...(config.queues.producers ?? []).map(({ binding }) => binding),
    ...(config.services ?? []).map(({ binding }) => binding),
    ...(config.r2_buckets ?? []).map(({ binding }) => binding),
    ...(config.kv_namespaces ?? []).map(({ binding }) => binding),
    ...(config.d1_databases ?? []).map(({ binding }) => binding),
  ];
}

/** Names that a module exports, but for its default. */
function exportedNames(file: string): string[] {
  return parse(file).statements.flatMap((each) => {
    if (
      ts.isExportDeclaration(each) &&
      each.exportClause &&
      ts.isNamedExports(each.exportClause) &&
      !each.isTypeOnly
    )
      return each.exportClause.elements.map(({ name }) => name.text);
    const exported =
      ts.canHaveModifiers(each) && ts.getModifiers(each)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
    return exported &&
      ts.isClassDeclaration(each) &&
      each.name &&
      !each.modifiers!.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)
      ? [each.name.text]
      : [];
  });
}

describe.each(projects)('%s', (file, entry, bindings) => {
  const config = configOf(file);

  it('declares every binding that the code names, and no other', () => {
    const wanted = wantedBindings(bindings);
    const declared = declaredBindings(config);
    const required = wanted.filter(({ optional }) => !optional).map(({ name }) => name);
    expect(required.filter((name) => !declared.includes(name))).toEqual([]);
    expect(declared.filter((name) => !wanted.some((each) => each.name === name))).toEqual([]);
  });

  it('has each Durable Object class bound, exported, and created by exactly one migration with SQLite', () => {
    const classes = config.durable_objects.bindings.map(({ class_name }) => class_name).sort();
    expect(classes.filter((name) => !exportedNames(entry).includes(name))).toEqual([]);
    const created = (config.migrations ?? []).flatMap((each) => each.new_sqlite_classes ?? []);
    expect(created.sort()).toEqual(classes);
    const tags = (config.migrations ?? []).map(({ tag }) => tag);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('has a consumer for every Queue that it sends to, a dead-letter queue for each, and a consumer for that', () => {
    const consumers = config.queues.consumers ?? [];
    const consumed = new Set(consumers.map(({ queue }) => queue));
    const produced = (config.queues.producers ?? []).map(({ queue }) => queue);
    expect(produced.filter((queue) => !consumed.has(queue))).toEqual([]);
    const dead = consumers
      .filter(({ queue }) => produced.includes(queue))
      .map((each) => each.dead_letter_queue);
    expect(dead.filter((queue) => queue === undefined || !consumed.has(queue))).toEqual([]);
    const others = [...consumed].filter((queue) => !produced.includes(queue) && !dead.includes(queue));
    expect(others).toEqual([]);
  });

  it('has a trigger for every handler of the entry, and a handler for every trigger', () => {
    const text = readFileSync(join(root, entry), 'utf8');
    expect((config.queues.consumers ?? []).length > 0).toBe(/^ {2}(?:async )?queue[:(]/m.test(text));
    expect((config.triggers?.crons ?? []).length > 0).toBe(/^ {2}(?:async )?scheduled[:(]/m.test(text));
  });

  it('has the compatibility date of all others, and the modules that it names', () => {
    expect(config.compatibility_date).toBe(configOf('wrangler.toml').compatibility_date);
    expect(existsSync(join(root, entry))).toBe(true);
    const built = /build(?:-main\.ts)? (\S+\.ts)/.exec(config.build.command ?? '')?.[1];
    const folder = file.startsWith('sdk/create') ? dirname(join(root, file)) : root;
    if (built && entry !== 'src/index.ts') expect(resolve(folder, built)).toBe(join(root, entry));
  });
});

it('no deployable configuration lets everybody in', () => {
  const open = projects.filter(([file]) => 'PERDURE_DEV' in (configOf(file).vars ?? {}));
  expect(open).toEqual([]);
});

it('bindings are named in src/env.ts only: nothing else asks the environment for one that it does not know', () => {
  const known = new Set(wantedBindings('src/env.ts').map(({ name }) => name));
  const members = [...readFileSync(join(root, 'src/env.ts'), 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+)\??:/gm)];
  const all = new Set([...known, ...members.map(([, name]) => name!)]);
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const strangers = files.flatMap((name) =>
    [...readFileSync(join(root, 'src', name), 'utf8').matchAll(/(?<!process\.)\benv\.([A-Z][A-Z_]+)\b/g)]
      .map(([, member]) => member!)
      .filter((member) => !all.has(member))
      .map((member) => `${name}: ${member}`),
  );
  expect(strangers).toEqual([]);
});
