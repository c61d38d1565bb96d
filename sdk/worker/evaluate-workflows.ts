/** Bundled workflow code becomes functions: evaluated with the one copy of the SDK that the Worker has, in bounded time. */

import assert from 'node:assert';
import { url as inspectorUrl } from 'node:inspector';
import url from 'node:url';
import util from 'node:util';
import vm from 'node:vm';
import { type Duration, msToNumber } from '../common/duration.ts';
import * as encoding from '../common/encoding.ts';
import { ValueError } from '../common/errors.ts';
import * as common from '../common/index.ts';
import * as protoUtils from '../common/proto-utils.ts';
import * as protobufs from '../common/protobufs.ts';
import * as temporalInternals from '../common/temporal-internals.ts';
import * as time from '../common/time.ts';
import * as typeHelpers from '../common/type-helpers.ts';
import * as opentelemetry from '../opentelemetry/index.ts';
import * as opentelemetryWorkflow from '../opentelemetry/workflow.ts';
import * as opentelemetryInterceptors from '../opentelemetry/workflow-interceptors.ts';
import * as workflow from '../workflow/index.ts';
import { EVALUATED_HEAD, registerScript } from './source-place.ts';
import { defineWorkflows, type EvaluateModule, GRAPH_TAIL } from './workflow-module.ts';

/** All that bundled workflow code can ask for; there is one copy of each, the Worker's own. */
const provided: Record<string, object> = {
  'perdure/workflow': workflow,
  'perdure/common': common,
  'perdure/common/encoding': encoding,
  'perdure/common/proto-utils': protoUtils,
  'perdure/common/protobufs': protobufs,
  'perdure/common/temporal-internals': temporalInternals,
  'perdure/common/time': time,
  'perdure/common/type-helpers': typeHelpers,
  'perdure/opentelemetry': opentelemetry,
  'perdure/opentelemetry/workflow': opentelemetryWorkflow,
  'perdure/opentelemetry/workflow-interceptors': opentelemetryInterceptors,
  'node:assert': assert,
  'node:url': url,
  'node:util': util,
};

export interface LoadLimits {
  /** How long workflow code may hold the thread: while it is loaded, and before its task fails. Not with `debugMode`. Default 5 s. */
  isolateExecutionTimeout?: Duration;
  debugMode?: boolean;
}

/** @throws ValueError when the code is none, or does not come to an end of being loaded; and what it throws itself. */
export function evaluate(code: string, { isolateExecutionTimeout = '5s', debugMode }: LoadLimits): object {
  if (typeof code !== 'string') throw new ValueError('workflowBundle: code must be a string');
  registerScript(code);
  // Not a vm context: test runners have contexts of their own, and errors must be of the same classes as theirs.
  // biome-ignore lint/security/noGlobalEval: the code is the user's own
  const define = globalThis.eval(`${EVALUATED_HEAD}${code}\n${GRAPH_TAIL})`) as EvaluateModule;
  const load = (): object => defineWorkflows(define, provided);
  // A debugger stops the thread for as long as it likes.
  return debugMode || inspectorUrl() ? load() : inTime(load, msToNumber(isolateExecutionTimeout));
}

/** The function is called from a script, because scripts are what can be given a time. */
function inTime<T>(fn: () => T, timeout: number): T {
  try {
    return new vm.Script('fn()').runInNewContext({ fn }, { timeout }) as T;
  } catch (error) {
    if ((error as { code?: string } | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new ValueError(
      `Workflow code was still being loaded after ${timeout / 1_000} s: something at the top level of a workflow file, or of a ` +
        'module that it imports, does not give its turn back (an endless loop, or work that belongs into an activity).',
    );
  }
}
