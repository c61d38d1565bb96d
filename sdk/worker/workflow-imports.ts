/** What workflow code may import, and by which names files are known: one answer for the build and for `perdure lint`. */

import { builtinModules } from 'node:module';
import { basename, dirname } from 'node:path';

/** Files with workflows, unless a build says otherwise. */
export const WORKFLOW_FILES = /(?:^|[\\/])(?:(?:[^\\/]+\.)?workflows|workflows[\\/]index)\.[cm]?[jt]s$/;
/** Entries of this package that workflow code can use; every run has the same copy. */
export const SHARED_SDK = [
  ...['workflow', 'common', 'common/encoding', 'common/proto-utils', 'common/protobufs', 'common/time'],
  ...['common/type-helpers', 'common/temporal-internals'],
  ...['opentelemetry', 'opentelemetry/workflow', 'opentelemetry/workflow-interceptors'],
];
/** Builtins without input, output or clock; they exist on Node and in workerd. */
export const SHARED_BUILTINS = ['assert', 'url', 'util'];
/** They put another ReadableStream into the place of the host's, which every host has and its own requests need. */
export const NEEDLESS_POLYFILLS = /^web-streams-polyfill\/(?:dist\/)?polyfill(?:[./]|$)/;
/** Files of `reflect-metadata` that put their functions into the global Reflect. */
export const GLOBAL_REFLECTION = /[\\/]reflect-metadata[\\/]Reflect(?:Lite)?\.js$/;
/** Builtins that can be named without `node:`. */
export const BARE_BUILTINS = builtinModules.filter((name) => !name.startsWith('_'));

const ACTIVITIES_FILE = /^(?:.+\.)?activities\.(?:[cm]?[jt]sx?)$/;

/** Whether a path is that of activities: `activities.ts`, `*.activities.ts`, `activities/index.ts`. */
export function isActivitiesFile(path: string): boolean {
  const name = basename(path).startsWith('index.') ? `${basename(dirname(path))}.ts` : basename(path);
  return ACTIVITIES_FILE.test(name) && !path.includes('node_modules');
}
