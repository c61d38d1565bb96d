/** Rules about variables that live longer than what changes them. */

import type TS from 'typescript';
import {
  bare,
  type Inspection,
  initializerOf,
  isAsync,
  isFunctionExpression,
  runsAtLoad,
  sdkCall,
  variableOf,
  walkValues,
} from './names.ts';

const COLLECTIONS = ['Map', 'Set', 'WeakMap', 'WeakSet', 'Array'];
const MUTATORS = [
  ...['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'],
  ...['set', 'add', 'delete', 'clear'],
];

interface Mutation {
  /** The variable, as it is written where it is changed. */
  id: TS.Identifier;
  /** Changed itself, or something that it holds. */
  whole: boolean;
  node: TS.Node;
}

export function judgeState(inspection: Inspection): void {
  const seen = new Set<TS.Symbol>();
  const { ts, file } = inspection;
  walkValues(ts, file, (node) => {
    for (const mutation of mutationsBy(inspection, node)) {
      const variable = variableOf(inspection, mutation.id);
      if (!variable || seen.has(variable) || runsAtLoad(ts, mutation.node)) continue;
      if (!isModuleState(inspection, variable, mutation)) continue;
      seen.add(variable);
      const { line } = file.getLineAndCharacterOfPosition(mutation.node.getStart());
      const declaration = variable.valueDeclaration!;
      const here = declaration.getSourceFile() === file;
      inspection.report(
        here ? declaration : mutation.node,
        'mutable-module-state',
        `${variable.name} belongs to the module and is changed by a function${here ? ` (line ${line + 1})` : ''}`,
      );
    }
    if (ts.isCallExpression(node)) judgeHandler(inspection, node);
  });
}

/** What a node itself changes: `x = …`, `x.y++`, `delete x[y]`, `x.push(…)`, `Object.assign(x, …)`. */
function mutationsBy(inspection: Inspection, node: TS.Node): Mutation[] {
  const { ts } = inspection;
  const { SyntaxKind } = ts;
  const target = (expression: TS.Expression): Mutation[] => targets(ts, expression, node);
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const assigns = kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
    return assigns ? target(node.left) : [];
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const counts = [SyntaxKind.PlusPlusToken, SyntaxKind.MinusMinusToken].some((k) => k === node.operator);
    return counts ? target(node.operand) : [];
  }
  if (ts.isDeleteExpression(node)) return target(node.expression);
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { expression: object, name } = node.expression;
  const [first] = node.arguments;
  if (object.getText() === 'Object' && name.text === 'assign' && first)
    return target(first).map((mutation) => ({ ...mutation, whole: false }));
  if (!MUTATORS.includes(name.text)) return [];
  return target(object).filter(({ id }) => changesInPlace(inspection, id, bare(ts, object)));
}

/** A method changes what is known to be a collection; other objects may mean anything by `set`. */
function changesInPlace({ ts, ...rest }: Inspection, id: TS.Identifier, object: TS.Expression): boolean {
  const found = initializerOf({ ts, ...rest }, id);
  if (!found || found.apart) return false;
  let value: TS.Expression | undefined = found.initializer;
  if (object !== id) {
    if (!ts.isPropertyAccessExpression(object) || object.expression !== id) return false;
    value = ts.isObjectLiteralExpression(value)
      ? value.properties.filter(ts.isPropertyAssignment).find((p) => p.name.getText() === object.name.text)
          ?.initializer
      : undefined;
  }
  return value !== undefined && isCollection(ts, value);
}

function isCollection(ts: typeof TS, value: TS.Expression): boolean {
  if (ts.isArrayLiteralExpression(value)) return true;
  return ts.isNewExpression(value) && COLLECTIONS.includes(value.expression.getText());
}

function targets(ts: typeof TS, expression: TS.Expression, node: TS.Node): Mutation[] {
  const inner = bare(ts, expression);
  if (ts.isArrayLiteralExpression(inner))
    return inner.elements.flatMap((e) => targets(ts, ts.isSpreadElement(e) ? e.expression : e, node));
  if (ts.isObjectLiteralExpression(inner)) {
    return inner.properties.flatMap((property) => {
      if (ts.isShorthandPropertyAssignment(property)) return targets(ts, property.name, node);
      return ts.isPropertyAssignment(property) ? targets(ts, property.initializer, node) : [];
    });
  }
  let root = inner;
  while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root))
    root = bare(ts, root.expression);
  return ts.isIdentifier(root) ? [{ id: root, whole: root === inner, node }] : [];
}

function isModuleState({ ts }: Inspection, variable: TS.Symbol, { whole }: Mutation): boolean {
  const declaration = variable.valueDeclaration;
  if (!declaration || declaration.getSourceFile().fileName.includes('node_modules')) return false;
  // A static field.
  if (ts.isClassDeclaration(declaration)) return !whole && ts.isSourceFile(declaration.parent);
  let at: TS.Node = declaration;
  while (ts.isBindingElement(at) || ts.isBindingName(at)) at = at.parent;
  return ts.isVariableDeclaration(at) && ts.isSourceFile(at.parent.parent.parent);
}

function judgeHandler(inspection: Inspection, call: TS.CallExpression): void {
  const { ts, report } = inspection;
  if (sdkCall(inspection, call) !== 'setHandler') return;
  const [definition, handler, options] = call.arguments;
  if (definition && isQuery(inspection, definition) && isFunctionExpression(ts, handler)) {
    if (isAsync(ts, handler)) report(handler, 'async-handler', 'This query handler is async');
    judgeQuery(inspection, handler);
  }
  if (!options || !ts.isObjectLiteralExpression(options)) return;
  for (const property of options.properties) {
    if (property.name?.getText() !== 'validator') continue;
    const validator = ts.isPropertyAssignment(property) ? property.initializer : property;
    if (isFunctionExpression(ts, validator) && isAsync(ts, validator))
      report(validator, 'async-handler', 'This update validator is async');
  }
}

function isQuery(inspection: Inspection, definition: TS.Expression): boolean {
  const { ts } = inspection;
  const value = ts.isIdentifier(definition) ? initializerOf(inspection, definition)?.initializer : definition;
  return value !== undefined && ts.isCallExpression(value) && sdkCall(inspection, value) === 'defineQuery';
}

function judgeQuery(inspection: Inspection, handler: TS.Node): void {
  const { ts, report } = inspection;
  walkValues(ts, handler, (node) => {
    for (const { id } of mutationsBy(inspection, node)) {
      const declaration = variableOf(inspection, id)?.valueDeclaration;
      const own = declaration && declaration.pos >= handler.pos && declaration.end <= handler.end;
      if (declaration && !(own && declaration.getSourceFile() === handler.getSourceFile()))
        report(node, 'query-mutation', `This query changes ${id.text}`);
    }
  });
}
