/** Rules about globals: what acts on the world, what the host decides, clocks that are not the run's. */

import type TS from 'typescript';
import { FORBIDDEN } from '../workflow/runtime/globals.ts';
import { isImportByRequire } from './imports.ts';
import { globalPaths, type Inspection, isReference, runsAtLoad, sdkCall, walkValues } from './names.ts';

const INSTEAD = new Map(
  FORBIDDEN.flatMap(({ prefix, names, instead }) => names.map((name) => [`${prefix}${name}`, instead])),
);
const HOST = [
  ...['process', 'Deno', 'Bun', 'navigator', 'caches', '__dirname', '__filename'],
  ...['localStorage', 'sessionStorage', 'indexedDB', 'document', 'location'],
];
/** Deterministic in a run; while a module is loaded there is none. */
const NEEDS_RUN = [
  'Date.now',
  'Math.random',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'performance.now',
];
const SDK_NEEDS_RUN = [
  ...['sleep', 'condition', 'workflowInfo', 'uuid4', 'patched', 'executeChild', 'startChild'],
  ...['continueAsNew', 'scheduleActivity', 'upsertSearchAttributes', 'upsertMemo'],
];
const LOCAL_TIME = [
  ...['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'getTimezoneOffset'],
  ...['getHours', 'getMinutes', 'getDay', 'getDate', 'getMonth', 'getFullYear'],
  ...['setHours', 'setMinutes', 'setDate', 'setMonth', 'setFullYear'],
];

export function judgeGlobals(inspection: Inspection): void {
  const { ts, file } = inspection;
  walkValues(ts, file, (node) => {
    if (ts.isIdentifier(node)) judgeName(inspection, node);
    else if (ts.isCallExpression(node)) judgeCall(inspection, node);
    else if (ts.isNewExpression(node)) judgeNew(inspection, node);
    else if (ts.isMetaProperty(node)) judgeMeta(inspection, node);
  });
}

function judgeName(inspection: Inspection, id: TS.Identifier): void {
  const { ts, report } = inspection;
  for (const { path, node } of globalPaths(inspection, id)) {
    if (ts.isTypeOfExpression(node.parent)) continue;
    const [root, member] = path;
    const prefix = path.map((_, i) => path.slice(0, i + 1).join('.')).find((name) => INSTEAD.has(name));
    if (prefix) {
      const instead = INSTEAD.get(prefix)!;
      report(node, 'forbidden-global', `${prefix} cannot be used in a workflow`, `${capital(instead)}.`);
    } else if (root && HOST.includes(root)) {
      report(node, 'host-environment', `${path.slice(0, 2).join('.')} is the host’s`);
    } else if (root === 'performance' && member && ['timeOrigin', 'mark', 'measure'].includes(member)) {
      report(node, 'host-clock', `performance.${member} is the host’s clock`);
    } else if (root === 'Temporal' && member === 'Now') {
      report(node, 'host-clock', 'Temporal.Now is the host’s clock');
    } else if (root === 'eval' && path.length === 1) {
      report(node, 'eval-code', 'eval runs text as code');
    } else if (root === 'console' && member) {
      report(node, 'console', `console.${member} writes again at every replay`);
    } else if (NEEDS_RUN.includes(path.join('.')) && isCalled(ts, node) && runsAtLoad(ts, node)) {
      report(node, 'load-time-value', `${path.join('.')}() is called while the module is loaded`);
    }
  }
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function isCalled(ts: typeof TS, node: TS.Expression): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression === node;
}

function judgeCall(inspection: Inspection, call: TS.CallExpression): void {
  const { ts, report } = inspection;
  const { expression } = call;
  const sdk = sdkCall(inspection, call);
  if (sdk && SDK_NEEDS_RUN.includes(sdk) && runsAtLoad(ts, call))
    report(call, 'load-time-value', `${sdk}() is called while the module is loaded`);
  if (expression.kind === ts.SyntaxKind.ImportKeyword)
    report(call, 'dynamic-import', 'import() loads a module while the workflow runs');
  if (ts.isPropertyAccessExpression(expression)) judgeLocalTime(inspection, call, expression.name.text);
  if (!ts.isIdentifier(expression) || !isGlobalNamed(inspection, expression)) return;
  if (expression.text === 'require' && !isImportByRequire(inspection, call))
    report(call, 'dynamic-import', 'require() loads a module while the workflow runs');
  if (expression.text === 'Function') report(call, 'eval-code', 'Function runs text as code');
  if (expression.text === 'Date' && runsAtLoad(ts, call))
    report(call, 'load-time-value', 'Date() is called while the module is loaded');
}

function isGlobalNamed(inspection: Inspection, id: TS.Identifier): boolean {
  return isReference(inspection.ts, id) && globalPaths(inspection, id).length > 0;
}

/** Who names locale and time zone gets the same text everywhere. */
function judgeLocalTime({ report, ts }: Inspection, call: TS.CallExpression, method: string): void {
  if (!LOCAL_TIME.includes(method)) return;
  const options = call.arguments[1];
  const says = options && ts.isObjectLiteralExpression(options) && options.getText().includes('timeZone');
  if (!says) report(call, 'local-time', `${method}() depends on the host`);
}

function judgeNew(inspection: Inspection, node: TS.NewExpression): void {
  const { ts, report } = inspection;
  const args = node.arguments ?? [];
  let root = node.expression;
  while (ts.isPropertyAccessExpression(root)) root = root.expression;
  if (!ts.isIdentifier(root)) return;
  const [name] = globalPaths(inspection, root).map(({ path }) => path.join('.'));
  if (name === 'Worker' || name === 'SharedWorker') report(node, 'new-worker', `new ${name} starts a thread`);
  if (name === 'Function') report(node, 'eval-code', 'new Function runs text as code');
  if (name === 'Date' && args.length === 0 && runsAtLoad(ts, node))
    report(node, 'load-time-value', 'new Date() is made while the module is loaded');
  if (name === 'Intl.DateTimeFormat' && !args[1]?.getText().includes('timeZone'))
    report(node, 'local-time', 'Intl.DateTimeFormat takes the host’s time zone');
}

function judgeMeta({ ts, report }: Inspection, node: TS.MetaProperty): void {
  const { parent } = node;
  if (node.keywordToken !== ts.SyntaxKind.ImportKeyword || !ts.isPropertyAccessExpression(parent)) return;
  if (['env', 'dirname', 'filename', 'url'].includes(parent.name.text))
    report(parent, 'host-environment', `import.meta.${parent.name.text} is the host’s`);
}
