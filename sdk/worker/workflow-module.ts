/** What a built workflow file becomes at run time: a module whose functions can make a fresh copy of it for each run. */

import { installGlobals, type WorkflowGlobals } from '../workflow/runtime/globals.ts';
import { isFunction, WORKFLOW_FACTORY } from './options.ts';

type Exports = Record<string, unknown>;

interface Require {
  (name: string): unknown;
  resolve(name: string): string;
}

/** The bundled workflow graph as a function: CommonJS's three names are its parameters, and globals that tests fake for themselves only. */
export type EvaluateModule = (
  require: Require,
  module: { exports: Exports },
  exports: Exports,
  globals: WorkflowGlobals,
) => void;

/**
 * What stands before the graph's code, and behind it, where it becomes such a function. The code is a function of its own: it may
 * begin with a directive, and declare what the globals are called.
 */
export const GRAPH_HEAD =
  '(require, module, exports, { Date, setTimeout, clearTimeout }) => { (function () {';
export const GRAPH_TAIL = '})(); }';

/**
 * Evaluates the graph once, for its constants and for callers outside of a run, and marks every exported function with
 * the factory that evaluates it again. `provided`: the modules that all copies share (the SDK), by name.
 */
export function defineWorkflows(evaluate: EvaluateModule, provided: Record<string, object>): Exports {
  const required = (name: string): unknown => {
    const shared = provided[name];
    if (!shared) throw new Error(`Workflow code cannot require "${name}" at run time`);
    return shared;
  };
  // Files that a Worker loads, too, say where others are. Nothing is read there.
  const require: Require = Object.assign(required, { resolve: (name: string) => name });
  const globals = installGlobals();
  const factory = (): Exports => {
    const module = { exports: {} as Exports };
    evaluate(require, module, module.exports, globals);
    return module.exports;
  };
  const shared = factory();
  const foreign = new Set(Object.values(provided).flatMap((module) => Object.values(module)));
  for (const value of Object.values(shared)) {
    // What the file only passes on from the SDK is not its own.
    if (!isFunction(value) || foreign.has(value)) continue;
    Object.defineProperty(value, WORKFLOW_FACTORY, { value: factory, configurable: true });
  }
  return shared;
}
