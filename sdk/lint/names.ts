/** What a name in the code means: a global, something of the SDK, or a variable of the code's own. */

import type TS from 'typescript';
import { sdkName } from '../worker/package-entries.ts';
import type { RuleId } from './rules.ts';

/** One file under inspection. */
export interface Inspection {
  ts: typeof TS;
  checker: TS.TypeChecker;
  file: TS.SourceFile;
  report(node: TS.Node, rule: RuleId, message: string, instead?: string): void;
}

/** Visits everything that exists at run time: no types, no declarations without code. */
export function walkValues(ts: typeof TS, root: TS.Node, visit: (node: TS.Node) => void): void {
  const step = (node: TS.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) return;
    if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword)
    )
      return;
    visit(node);
    ts.forEachChild(node, step);
  };
  step(root);
}

/** Whether an identifier reads or writes a variable, rather than naming a declaration, a property or a label. */
export function isReference(ts: typeof TS, id: TS.Identifier): boolean {
  const parent = id.parent as TS.Node & Partial<Record<'name' | 'propertyName' | 'label', TS.Node>>;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
  if (ts.isExportSpecifier(parent)) return !parent.isTypeOnly && (parent.propertyName ?? parent.name) === id;
  return parent.name !== id && parent.propertyName !== id && parent.label !== id;
}

export function symbolOf({ ts, checker }: Inspection, id: TS.Identifier): TS.Symbol | undefined {
  if (ts.isShorthandPropertyAssignment(id.parent) && id.parent.name === id)
    return checker.getShorthandAssignmentValueSymbol(id.parent);
  if (ts.isExportSpecifier(id.parent)) return checker.getExportSpecifierLocalTargetSymbol(id.parent);
  return checker.getSymbolAtLocation(id);
}

/** The variable itself, in whichever file it is declared. */
export function variableOf(inspection: Inspection, id: TS.Identifier): TS.Symbol | undefined {
  const symbol = symbolOf(inspection, id);
  return symbol && symbol.flags & inspection.ts.SymbolFlags.Alias
    ? inspection.checker.getAliasedSymbol(symbol)
    : symbol;
}

function isGlobal(inspection: Inspection, id: TS.Identifier): boolean {
  const { ts } = inspection;
  const declarations = symbolOf(inspection, id)?.declarations ?? [];
  return declarations.every((d) => (ts.getCombinedModifierFlags(d) & ts.ModifierFlags.Ambient) !== 0);
}

const GLOBAL_OBJECTS = ['globalThis', 'self', 'global', 'window'];

/** What a reference to a global reads: `crypto.subtle.digest` → `['crypto', 'subtle', 'digest']`; several if it is taken apart. */
export function globalPaths(
  inspection: Inspection,
  id: TS.Identifier,
): Array<{ path: string[]; node: TS.Expression }> {
  const { ts } = inspection;
  if (!isReference(ts, id) || !isGlobal(inspection, id)) return [];
  const path: string[] = [id.text];
  let node: TS.Expression = id;
  for (let parent = node.parent; ; parent = node.parent) {
    if (ts.isPropertyAccessExpression(parent) && parent.expression === node) path.push(parent.name.text);
    else if (
      ts.isElementAccessExpression(parent) &&
      parent.expression === node &&
      ts.isStringLiteralLike(parent.argumentExpression)
    )
      path.push(parent.argumentExpression.text);
    else if (!isWrapper(ts, parent)) break;
    node = parent as TS.Expression;
  }
  const parts = takenApart(ts, node).map((name) => [...path, name]);
  return (parts.length > 0 ? parts : [path]).map((names) => ({ path: withoutGlobalObject(names), node }));
}

function withoutGlobalObject(path: string[]): string[] {
  const at = path.findIndex((name) => !GLOBAL_OBJECTS.includes(name));
  return at < 0 ? path : path.slice(at);
}

/** `const { a, b: c } = node` → a, b */
function takenApart(ts: typeof TS, node: TS.Expression): string[] {
  const { parent } = node;
  if (!ts.isVariableDeclaration(parent) || parent.initializer !== node) return [];
  if (!ts.isObjectBindingPattern(parent.name)) return [];
  return parent.name.elements.flatMap((element) => {
    const name = element.propertyName ?? element.name;
    return ts.isIdentifier(name) ? [name.text] : [];
  });
}

function isWrapper(ts: typeof TS, node: TS.Node): boolean {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  );
}

/** An expression without what only the compiler sees. */
export function bare(ts: typeof TS, node: TS.Expression): TS.Expression {
  let inner = node;
  while (isWrapper(ts, inner)) inner = (inner as TS.ParenthesizedExpression).expression;
  return inner;
}

/** What of `perdure/workflow` is called: `sleep`, `CancellationScope.withTimeout`; `undefined` for anything else. */
export function sdkCall(inspection: Inspection, call: TS.CallExpression): string | undefined {
  const { ts } = inspection;
  const names: string[] = [];
  let root = bare(ts, call.expression);
  while (ts.isPropertyAccessExpression(root)) {
    names.unshift(root.name.text);
    root = bare(ts, root.expression);
  }
  if (!ts.isIdentifier(root)) return undefined;
  const declaration = symbolOf(inspection, root)?.declarations?.[0];
  if (!declaration) return undefined;
  if (ts.isImportSpecifier(declaration)) names.unshift((declaration.propertyName ?? declaration.name).text);
  else if (!ts.isNamespaceImport(declaration)) return undefined;
  let statement: TS.Node = declaration;
  while (!ts.isImportDeclaration(statement) && statement.parent) statement = statement.parent;
  if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return undefined;
  return sdkName(statement.moduleSpecifier.text) === 'workflow' ? names.join('.') : undefined;
}

/** What a variable is made from: the initializer, and the names that lead from it to the variable. */
export function initializerOf(
  inspection: Inspection,
  id: TS.Identifier,
): { initializer: TS.Expression; apart: boolean } | undefined {
  const { ts } = inspection;
  const declaration = variableOf(inspection, id)?.declarations?.[0];
  if (!declaration) return undefined;
  if (ts.isVariableDeclaration(declaration) && declaration.initializer)
    return { initializer: bare(ts, declaration.initializer), apart: false };
  if (!ts.isBindingElement(declaration)) return undefined;
  const whole = declaration.parent.parent;
  return ts.isVariableDeclaration(whole) && whole.initializer
    ? { initializer: bare(ts, whole.initializer), apart: true }
    : undefined;
}

export function isFunctionExpression(
  ts: typeof TS,
  node: TS.Node | undefined,
): node is TS.ArrowFunction | TS.FunctionExpression | TS.MethodDeclaration | TS.FunctionDeclaration {
  return (
    node !== undefined &&
    (ts.isArrowFunction(node) ||
      ts.isFunctionExpression(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isFunctionDeclaration(node))
  );
}

export function isAsync(ts: typeof TS, fn: TS.SignatureDeclaration): boolean {
  return (
    ts.canHaveModifiers(fn) &&
    (ts.getModifiers(fn)?.some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword) ?? false)
  );
}

/** Whether code runs while its module is loaded: in no function that somebody calls later. */
export function runsAtLoad(ts: typeof TS, node: TS.Node): boolean {
  for (let at = node; at.parent; at = at.parent) {
    if (ts.isFunctionLike(at) && !isCalledAtOnce(ts, at)) return false;
    const { parent } = at;
    const isField = ts.isPropertyDeclaration(parent) && parent.initializer === at;
    if (isField && !ts.getModifiers(parent)?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword))
      return false;
  }
  return true;
}

function isCalledAtOnce(ts: typeof TS, fn: TS.Node): boolean {
  let outer = fn.parent;
  while (ts.isParenthesizedExpression(outer)) outer = outer.parent;
  return ts.isCallExpression(outer) && bare(ts, outer.expression) === fn;
}
