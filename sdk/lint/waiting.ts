/** Rules about waiting: promises that nobody awaits, loops that never wait, conditions that nothing can make true. */

import type TS from 'typescript';
import { isDurationJson, msToNumber, toDurationJson } from '../common/duration.ts';
import {
  bare,
  globalPaths,
  type Inspection,
  initializerOf,
  isAsync,
  isFunctionExpression,
  sdkCall,
  walkValues,
} from './names.ts';

const PROXIES = ['proxyActivities', 'proxyLocalActivities'];
const AWAITED = ['sleep', 'condition', 'executeChild', 'startChild', 'continueAsNew', 'scheduleActivity'];
/** Which argument is a duration. */
const DURATIONS: Record<string, number> = { sleep: 0, condition: 1, 'CancellationScope.withTimeout': 0 };
/** Which argument has options with durations in them. */
const OPTIONS: Record<string, number> = {
  proxyActivities: 0,
  proxyLocalActivities: 0,
  scheduleActivity: 2,
  scheduleLocalActivity: 2,
  executeChild: 1,
  startChild: 1,
  makeContinueAsNewFunc: 0,
};
const TIMEOUT =
  /^(scheduleToClose|startToClose|scheduleToStart|heartbeat|workflow(Execution|Run|Task))Timeout$/;
const INTERVAL = /^(initial|maximum)Interval$/;
const LOOKS_AT_CANCELLATION = /\bisCancellation\b|\bCancelledFailure\b/;

export function judgeWaiting(inspection: Inspection): void {
  const { ts, file } = inspection;
  walkValues(ts, file, (node) => {
    if (ts.isExpressionStatement(node)) judgeStatement(inspection, node);
    else if (ts.isCallExpression(node)) judgeCall(inspection, node);
    else if (ts.isIterationStatement(node, false)) judgeLoop(inspection, node);
    else if (ts.isNewExpression(node)) judgePromise(inspection, node);
    else if (ts.isTryStatement(node)) judgeCatch(inspection, node);
  });
}

function judgeStatement(inspection: Inspection, { expression }: TS.ExpressionStatement): void {
  const { ts, report } = inspection;
  const call = bare(ts, expression);
  if (!ts.isCallExpression(call)) return;
  const sdk = sdkCall(inspection, call);
  if (sdk && AWAITED.includes(sdk)) report(call, 'floating-promise', `Nothing awaits ${sdk}()`);
  else if (isActivityCall(inspection, call))
    report(call, 'floating-promise', `Nothing awaits the activity ${call.expression.getText()}()`);
}

function isActivityCall(inspection: Inspection, call: TS.CallExpression): boolean {
  const { ts } = inspection;
  const callee = bare(ts, call.expression);
  const member = ts.isPropertyAccessExpression(callee) ? bare(ts, callee.expression) : undefined;
  const root = member ?? callee;
  if (!ts.isIdentifier(root)) return false;
  const found = initializerOf(inspection, root);
  // `const { charge } = proxy…` is called itself, `const acts = proxy…` has what is called.
  if (!found || found.apart === (member !== undefined)) return false;
  const { initializer } = found;
  if (!ts.isCallExpression(initializer)) return false;
  return PROXIES.includes(sdkCall(inspection, initializer) ?? '');
}

function judgeCall(inspection: Inspection, call: TS.CallExpression): void {
  const { ts, report } = inspection;
  const callee = call.expression;
  const sdk = sdkCall(inspection, call);
  if (sdk === 'condition') judgeCondition(inspection, call);
  const at = sdk === undefined ? undefined : DURATIONS[sdk];
  const duration = at === undefined ? undefined : call.arguments[at];
  if (duration) judgeDuration(inspection, duration);
  const optionsAt = sdk === undefined ? undefined : OPTIONS[sdk];
  const options = optionsAt === undefined ? undefined : call.arguments[optionsAt];
  if (options) judgeOptions(inspection, options);
  const [list] = call.arguments;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression) || !list) return;
  const [path] = globalPaths(inspection, callee.expression);
  if (
    path?.path.join('.') === 'Promise.race' &&
    ts.isArrayLiteralExpression(list) &&
    list.elements.length === 0
  )
    report(call, 'never-settles', 'A race of nothing never settles');
}

function judgeCondition(inspection: Inspection, call: TS.CallExpression): void {
  const [predicate, timeout] = call.arguments;
  const message = predicate && conditionMistake(inspection, bare(inspection.ts, predicate), timeout);
  if (message) inspection.report(predicate, 'condition-progress', message);
}

function conditionMistake(
  inspection: Inspection,
  predicate: TS.Expression,
  timeout: TS.Expression | undefined,
): string | undefined {
  const { ts } = inspection;
  if (isConstant(ts, predicate) || ts.isPrefixUnaryExpression(predicate) || ts.isBinaryExpression(predicate))
    return 'condition needs a function that it can ask again';
  if (!isFunctionExpression(ts, predicate)) return undefined;
  if (isAsync(ts, predicate)) return 'This predicate is async: a promise is always true';
  const result = resultOf(ts, predicate);
  // With a timeout it is another way to sleep.
  const waits = timeout !== undefined && result?.kind === ts.SyntaxKind.FalseKeyword;
  if (result && isConstant(ts, result) && !waits) return `This predicate is always ${result.getText()}`;
  if (!asksClock(inspection, predicate)) return undefined;
  return 'This predicate asks the clock, and time alone does not have it asked again';
}

/** What a function answers, if that is all it does. */
function resultOf(ts: typeof TS, { body }: TS.FunctionLikeDeclaration): TS.Expression | undefined {
  if (!body || !ts.isBlock(body)) return body && bare(ts, body);
  const [only] = body.statements;
  return body.statements.length === 1 && only && ts.isReturnStatement(only) ? only.expression : undefined;
}

function isConstant(ts: typeof TS, node: TS.Expression): boolean {
  const { SyntaxKind } = ts;
  if (node.kind === SyntaxKind.TrueKeyword || node.kind === SyntaxKind.FalseKeyword) return true;
  return ts.isNumericLiteral(node) || ts.isStringLiteralLike(node) || node.kind === SyntaxKind.NullKeyword;
}

function asksClock(inspection: Inspection, root: TS.Node): boolean {
  const { ts } = inspection;
  return some(ts, root, (node) => {
    if (!ts.isIdentifier(node)) return false;
    const names = globalPaths(inspection, node).map(({ path }) => path.join('.'));
    if (names.some((name) => name === 'Date.now' || name === 'performance.now')) return true;
    const made = node.parent;
    return names.includes('Date') && ts.isNewExpression(made) && (made.arguments?.length ?? 0) === 0;
  });
}

function some(ts: typeof TS, root: TS.Node, test: (node: TS.Node) => boolean): boolean {
  let found = false;
  walkValues(ts, root, (node) => {
    found ||= test(node);
  });
  return found;
}

/** Options that are written where they are used. */
function judgeOptions(inspection: Inspection, node: TS.Expression, names = TIMEOUT): void {
  const { ts } = inspection;
  const options = bare(ts, node);
  if (!ts.isObjectLiteralExpression(options)) return;
  for (const property of options.properties) {
    if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) continue;
    const name = property.name.text;
    if (names.test(name)) judgeDuration(inspection, bare(ts, property.initializer));
    else if (name === 'retry' && names === TIMEOUT) judgeOptions(inspection, property.initializer, INTERVAL);
  }
}

function judgeDuration({ ts, report }: Inspection, node: TS.Expression): void {
  const value = ts.isStringLiteralLike(node) ? node.text : numberOf(ts, node);
  if (value === undefined) return;
  try {
    const ms = msToNumber(value);
    if (!isDurationJson(toDurationJson(ms))) report(node, 'timer-duration', `${node.getText()} is too long`);
  } catch {
    report(node, 'timer-duration', `${node.getText()} is no duration`);
  }
}

/** Numbers that are plain from the code: `5`, `-1`, `60 * 1000`, `Infinity`. */
function numberOf(ts: typeof TS, given: TS.Expression): number | undefined {
  const node = bare(ts, given);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.getText() === 'Infinity' || node.getText() === 'Number.POSITIVE_INFINITY') return Infinity;
  if (node.getText() === 'Number.MAX_SAFE_INTEGER') return Number.MAX_SAFE_INTEGER;
  if (node.getText() === 'Number.MAX_VALUE') return Number.MAX_VALUE;
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const operand = numberOf(ts, node.operand);
    return operand === undefined ? undefined : -operand;
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.AsteriskToken)
    return undefined;
  const [left, right] = [numberOf(ts, node.left), numberOf(ts, node.right)];
  return left === undefined || right === undefined ? undefined : left * right;
}

function judgeLoop(inspection: Inspection, loop: TS.IterationStatement): void {
  const { ts, report } = inspection;
  if (!ts.isForStatement(loop) && !ts.isWhileStatement(loop) && !ts.isDoStatement(loop)) return;
  const test = ts.isForStatement(loop) ? loop.condition : loop.expression;
  const endless = !test || (isConstant(ts, bare(ts, test)) && test.kind !== ts.SyntaxKind.FalseKeyword);
  const waitsForClock = test !== undefined && asksClock(inspection, test);
  const spins =
    test !== undefined && isStill(ts, test) && isEmpty(ts, loop.statement) && !ts.isForStatement(loop);
  if (!endless && !waitsForClock && !spins) return;
  if (!leaves(ts, loop)) report(loop, 'endless-loop', 'This loop neither ends nor awaits');
}

/** A test that changes nothing by being asked. */
function isStill(ts: typeof TS, test: TS.Expression): boolean {
  return !some(ts, test, (node) => {
    if (ts.isCallExpression(node) || ts.isAwaitExpression(node) || ts.isPostfixUnaryExpression(node))
      return true;
    return ts.isPrefixUnaryExpression(node) && node.operator !== ts.SyntaxKind.ExclamationToken;
  });
}

const isEmpty = (ts: typeof TS, body: TS.Statement): boolean =>
  ts.isEmptyStatement(body) || (ts.isBlock(body) && body.statements.length === 0);

/** Whether a loop's own code awaits, or can leave it. */
function leaves(ts: typeof TS, loop: TS.IterationStatement): boolean {
  let found = false;
  const label = ts.isLabeledStatement(loop.parent) ? loop.parent.label.text : undefined;
  const step = (node: TS.Node, breakable: boolean): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) found = true;
    if (ts.isForOfStatement(node) && node.awaitModifier) found = true;
    if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) found = true;
    if (ts.isBreakStatement(node)) found ||= node.label ? node.label.text === label || !label : breakable;
    const takes = node !== loop && (ts.isIterationStatement(node, false) || ts.isSwitchStatement(node));
    ts.forEachChild(node, (child) => step(child, breakable && !takes));
  };
  step(loop, true);
  return found;
}

function judgePromise(inspection: Inspection, node: TS.NewExpression): void {
  const { ts, report } = inspection;
  const [executor] = node.arguments ?? [];
  if (!ts.isIdentifier(node.expression) || !isFunctionExpression(ts, executor)) return;
  const [global] = globalPaths(inspection, node.expression);
  const { body } = executor;
  if (global?.path.join('.') === 'Promise' && body && ts.isBlock(body) && body.statements.length === 0)
    report(node, 'never-settles', 'This promise never settles');
}

function judgeCatch({ ts, report }: Inspection, { tryBlock, catchClause }: TS.TryStatement): void {
  if (!catchClause || !awaits(ts, tryBlock)) return;
  const { block, variableDeclaration } = catchClause;
  const name = variableDeclaration?.name.getText();
  const answers = some(ts, block, (node) => {
    if (ts.isThrowStatement(node) || ts.isReturnStatement(node) || ts.isBreakStatement(node)) return true;
    return ts.isIdentifier(node) && (node.text === name || LOOKS_AT_CANCELLATION.test(node.text));
  });
  if (!answers)
    report(catchClause, 'swallowed-cancellation', 'This catch takes cancellation for any other failure');
}

/** Whether a block's own code awaits. */
function awaits(ts: typeof TS, block: TS.Block): boolean {
  let found = false;
  const step = (node: TS.Node): void => {
    if (ts.isFunctionLike(node)) return;
    found ||= ts.isAwaitExpression(node);
    ts.forEachChild(node, step);
  };
  step(block);
  return found;
}
