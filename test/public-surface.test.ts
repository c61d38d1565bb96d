/**
 * What users' code sees of the package has no `any`, except where Temporal's own types have it: there a narrower one would refuse
 * programs that compile with Temporal's. `any` in the constraint of a type parameter, or in what a conditional type asks, is
 * nobody's value, and does not count. (What the types infer: test/runtime/types.test.ts, test/temporal/types.test.ts.)
 */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string>;
};
const files = Object.values(entries).filter((file) => file.endsWith('.ts') && file.startsWith('./sdk/'));

/** Where it stands → why it may. */
const ALLOWED: Record<string, string> = {
  ...of('any function can be one, whatever it takes and answers', [
    ...['Workflow', 'WorkflowReturnType', 'ActivityFunction', 'SinkFunction', 'DefaultQueryHandler'],
    ...['WorkflowSignalType', 'WorkflowQueryType', 'WorkflowUpdateType', 'WorkflowUpdateValidatorType'],
  ]),
  ...of('sinks have any parameters', ['WorkerOptions.sinks', 'ReplayWorkerOptions.sinks', 'SinkCall.args']),
  ...of('any function, any class of errors', ['AnyFunc', 'Class']),
  ...of('an activity takes and answers anything', [
    ...['ActivityOptions.args', 'ActivityHandle', 'ActivityClient'],
    ...['ActivityClient.start', 'ActivityClient.execute', 'ActivityClient.getHandle'],
    'ActivityClient.getHandleWithOptions',
  ]),
  'Info.heartbeatDetails': 'an activity reads what it sent itself',
  'WorkflowDefinitionOptions.failureExceptionTypes': 'classes of errors, whatever makes them',
  'Trigger.then': 'as PromiseLike',
};

function of(reason: string, places: string[]): Record<string, string> {
  return Object.fromEntries(places.map((place) => [place, reason]));
}

const isPublic = (node: ts.Node): boolean => {
  const hidden =
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
  const name = (node as ts.NamedDeclaration).name;
  const internal = ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
  return !hidden && !internal && !(name && ts.isPrivateIdentifier(name));
};

/** `Class.member` of every `any` that stands in a declaration, outside of bodies, constraints and conditions. */
function* anysIn(node: ts.Node, path: string): Iterable<string> {
  if (!isPublic(node) || ts.isBlock(node)) return;
  if (ts.isTypeParameterDeclaration(node)) {
    if (node.default) yield* anysIn(node.default, path);
    return;
  }
  if (node.kind === ts.SyntaxKind.AnyKeyword) yield path;
  const { name, initializer, extendsType } = node as ts.NamedDeclaration & {
    initializer?: ts.Node;
    extendsType?: ts.Node;
  };
  const member = ts.isTypeElement(node) || ts.isClassElement(node);
  const inside = member && name ? `${path}.${name.getText()}` : path;
  for (const child of node.getChildren())
    if (child !== initializer && child !== extendsType) yield* anysIn(child, inside);
}

/** Of a function with overloads its implementation is not seen. */
function visible({ declarations = [] }: ts.Symbol): ts.Declaration[] {
  const overloads = declarations.filter((node) => ts.isFunctionDeclaration(node) && !node.body);
  return overloads.length > 0 ? overloads : declarations;
}

describe('the public surface', () => {
  let program: ts.Program;
  const exported = new Map<ts.Symbol, string>();
  beforeAll(() => {
    const config = ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
      ts.sys,
      root,
    );
    program = ts.createProgram(
      files.map((file) => join(root, file)),
      config.options,
    );
    const checker = program.getTypeChecker();
    for (const file of files) {
      const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, file))!);
      for (const symbol of module ? checker.getExportsOfModule(module) : []) {
        const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        exported.set(target, symbol.name);
      }
    }
  }, 120_000);

  it('has an any only where Temporal’s types have one', () => {
    expect(exported.size).toBeGreaterThan(500);
    const found = new Set<string>();
    for (const [symbol, name] of exported)
      for (const declaration of visible(symbol))
        if (relative(root, declaration.getSourceFile().fileName).startsWith('sdk/'))
          for (const place of anysIn(declaration, name)) found.add(place);
    expect([...found].sort()).toEqual(Object.keys(ALLOWED).sort());
  });

  it('has no type that was inferred to be any', () => {
    const checker = program.getTypeChecker();
    const isAny = (type: ts.Type): boolean => (type.flags & ts.TypeFlags.Any) !== 0;
    const found: string[] = [];
    for (const [symbol, name] of exported) {
      const declaration = symbol.valueDeclaration;
      if (!declaration) continue;
      const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
      if (isAny(type)) found.push(name);
      for (const signature of type.getCallSignatures())
        if (isAny(signature.getReturnType())) found.push(`${name}()`);
      for (const member of symbol.members?.values() ?? []) {
        const { valueDeclaration: at } = member;
        if (!at || !isPublic(at)) continue;
        const own = checker.getTypeOfSymbolAtLocation(member, at);
        if (isAny(own) || own.getCallSignatures().some((signature) => isAny(signature.getReturnType())))
          found.push(`${name}.${member.name}`);
      }
    }
    expect(found.filter((place) => !(place.replace('()', '') in ALLOWED)).sort()).toEqual([]);
  });
});
