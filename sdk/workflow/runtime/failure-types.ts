/** Which errors fail a workflow beside its failures: those that its own options name by class, and its Worker's by name. */

import type { WorkflowContext } from './context.ts';

/** Workflow type, or `*` for all → names of error classes. */
export type WorkflowFailureErrorTypes = Record<string, readonly string[]>;

/** Any of these lets a workflow whose code does not fit its history fail, where it would otherwise wait to be mended. */
const NONDETERMINISM = ['NondeterminismError', 'DeterminismViolationError', 'Error'];

/** The names that the Worker's options have for a workflow type. */
export function failureErrorNames(
  types: WorkflowFailureErrorTypes | undefined,
  workflowType: string,
): readonly string[] {
  return [...(named(types, '*') ?? []), ...(named(types, workflowType) ?? [])];
}

function named(types: WorkflowFailureErrorTypes | undefined, key: string): readonly string[] | undefined {
  return types && Object.hasOwn(types, key) ? types[key] : undefined;
}

export function failsOnNondeterminism(names: readonly string[]): boolean {
  return NONDETERMINISM.some((name) => names.includes(name));
}

/** Is the error of a class that was named? `Error` stands for everything, also for what is no error. */
export function failsWorkflow(
  { definition, failureErrorNames: names }: WorkflowContext,
  error: unknown,
): boolean {
  const { failureExceptionTypes = [] } = definition;
  if (failureExceptionTypes.includes(Error) || names.includes('Error')) return true;
  return failureExceptionTypes.some((type) => error instanceof type) || classNamesOf(error).some(isIn(names));
}

const isIn =
  (names: readonly string[]) =>
  (name: string): boolean =>
    names.includes(name);

/** The name of its class and of those that the class extends. */
function classNamesOf(error: unknown): string[] {
  const found: string[] = [];
  if (typeof error !== 'object' || error === null) return found;
  let made: unknown = error.constructor;
  while (typeof made === 'function' && made !== Function.prototype) {
    if (made.name) found.push(made.name);
    made = Object.getPrototypeOf(made);
  }
  return found;
}
